"""Where a mail server is and how it is spoken to: TLS with its certificate checked, a password."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum

from retour.inlets.pickup.desk import TroubleError

SILENCE = 60.0  # seconds after which a connection counts as broken


class Tls(StrEnum):
    """How a connection is protected."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"  # loopback only; the settings see to that


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox account on one server. `context` checks certificate and name."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Tls = Tls.IMPLICIT
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)


# Why no TLS begins, as OpenSSL names it: the port speaks none, or only old versions and ciphers.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "HANDSHAKE_FAILURE")


def broken(error: Exception) -> TroubleError:
    """What it means that a connection did not come about, or broke."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TroubleError("certificate", error.verify_message)
    if isinstance(error, ssl.SSLError) and (error.reason or "").endswith(_NO_TLS):
        return TroubleError("no_tls", error)
    return TroubleError("unreachable", error if str(error) else type(error).__name__)


# RFC 5530 §3, RFC 2449 §8.1.2, RFC 3206 §4: refused for now, and not for the password.
_FOR_NOW = ("[UNAVAILABLE]", "[INUSE]", "[IN-USE]", "[LOGIN-DELAY]", "[SYS/TEMP]")


def refusal(words: str) -> TroubleError:
    """What a refused login means, in the server's words."""
    return TroubleError("busy" if any(code in words.upper() for code in _FOR_NOW) else "refused", words)
