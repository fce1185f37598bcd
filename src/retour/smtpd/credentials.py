"""AUTH PLAIN (RFC 4616) and AUTH LOGIN: from what the client says to a user name and a password."""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field

from retour.smtpd import replies
from retour.smtpd.replies import Reply

MECHANISMS = ("PLAIN", "LOGIN")
_USER, _PASSWORD = Reply(334, "", "VXNlcm5hbWU6"), Reply(334, "", "UGFzc3dvcmQ6")  # "Username:", "Password:"
_GO_ON = Reply(334, "", "")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says of itself. The password never stands in a repr."""

    login: str
    password: str = field(repr=False)


class Asking:
    """One AUTH exchange. `begin` and `hear` give the next challenge, the credentials, or a refusal."""

    def __init__(self, mechanism: str) -> None:
        self._plain = mechanism == "PLAIN"
        self._login: str | None = None

    def begin(self, initial: bytes) -> Reply | Credentials:
        """What follows the name of the mechanism; b"" where nothing does."""
        if initial:
            return self.hear(b"" if initial == b"=" else initial)  # RFC 4954 §4: "=" is an empty response
        return _GO_ON if self._plain else _USER

    def hear(self, line: bytes) -> Reply | Credentials:
        """An answer to the challenge."""
        if line == b"*":
            return replies.CANCELLED
        try:
            said = b64decode(line, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return replies.BAD_BASE64
        return self._plain_said(said) if self._plain else self._login_said(said)

    def _plain_said(self, said: str) -> Reply | Credentials:
        """RFC 4616 §2: acting for another is not offered."""
        for_whom, first, rest = said.partition("\0")
        login, second, password = rest.partition("\0")
        if not first or not second or "\0" in password or for_whom not in ("", login):
            return replies.BAD_BASE64
        return Credentials(login, password)

    def _login_said(self, said: str) -> Reply | Credentials:
        if self._login is None:
            self._login = said
            return _PASSWORD
        return Credentials(self._login, said)
