"""Replies of the server: reply code (RFC 5321 §4.2), enhanced code (RFC 3463), words for a person."""

import re
from dataclasses import dataclass

_UNPRINTABLE = re.compile(r"[^ -~]")
_LINE_ROOM = 480  # RFC 5321 §4.5.3.1.5: 512 octets with code, enhanced code and CRLF


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `text` may have several lines; `enhanced` is "" where RFC 2034 §4 wants none."""

    code: int
    enhanced: str
    text: str

    @property
    def positive(self) -> bool:
        """Whether the command was obeyed (2yz) or may go on (3yz)."""
        return self.code < 400

    @property
    def last(self) -> bool:
        """Whether the server closes the connection after it (RFC 5321 §3.8)."""
        return self.code in (221, 421)

    def encode(self) -> bytes:
        """The lines as they go over the wire. Nothing in `text` can end a line or start another reply."""
        *more, last = (_printable(f"{self.enhanced} {line}".strip()) for line in self.text.split("\n"))
        lines = [*(f"{self.code}-{line}\r\n" for line in more), f"{self.code} {last}\r\n"]
        return "".join(lines).encode("ascii")


def _printable(line: str) -> str:
    return _UNPRINTABLE.sub("?", line)[:_LINE_ROOM]


OK = Reply(250, "2.0.0", "Ok")
SENDER_OK = Reply(250, "2.1.0", "Sender ok")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient ok")
KEPT = Reply(250, "2.0.0", "Message kept")
GO_AHEAD = Reply(354, "", "Send the message, end it with <CR><LF>.<CR><LF>")
GOODBYE = Reply(221, "2.0.0", "Goodbye")
CANNOT_VERIFY = Reply(252, "2.5.0", "Not told; send the mail and see")  # RFC 5321 §3.5.3

BUSY = Reply(421, "4.3.2", "Too many connections, try again later")
CLOSING = Reply(421, "4.3.2", "Server is closing, try again later")
IDLE = Reply(421, "4.4.2", "Nothing heard for too long, closing")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many commands that are no SMTP, closing")
TOO_MANY_REFUSED = Reply(421, "4.7.0", "Too many recipients that are none, closing; try again later")
BROKEN = Reply(421, "4.3.0", "Internal trouble, try again later")
NOT_DURABLE = Reply(451, "4.3.0", "Message could not be stored, try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients for one message, send the rest in another")

# Submission (RFC 4954 §4 and §6, RFC 3207 §4)
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")
AUTHENTICATED = Reply(235, "2.7.0", "Authenticated")
CANNOT_AUTHENTICATE = Reply(454, "4.7.0", "Credentials cannot be looked up just now, try again later")
CANCELLED = Reply(501, "5.7.0", "Authentication cancelled")
BAD_BASE64 = Reply(501, "5.5.2", "Credentials are not what the mechanism asks for, in base64")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Mechanism not offered; use PLAIN or LOGIN")
BEHIND_STARTTLS = Reply(554, "5.5.1", "Commands behind STARTTLS before the handshake")
NEEDS_AUTHENTICATION = Reply(530, "5.7.0", "Authentication required")
BAD_CREDENTIALS = Reply(535, "5.7.8", "User name or password is wrong")
NEEDS_TLS = Reply(538, "5.7.11", "Start TLS before you authenticate")
TOO_MANY_GUESSES = Reply(421, "4.7.0", "Too many wrong passwords, closing")
BARE_LINE_END = Reply(554, "5.6.0", "Message has a CR or LF that is no CRLF (RFC 5321 section 2.3.8)")
PASSED_OVER = Reply(451, "4.3.0", "Message could not be passed on, try again later")

UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command not known")
LINE_TOO_LONG = Reply(500, "5.5.2", "Command line too long")
CONTROL_CHARACTER = Reply(500, "5.5.2", "Control character in the command line")
NOT_OFFERED = Reply(502, "5.5.1", "Command not offered here")
BAD_ARGUMENT = Reply(501, "5.5.4", "Argument missing or malformed")
BAD_SENDER = Reply(501, "5.1.7", "Sender is no address in angle brackets")
BAD_RECIPIENT = Reply(501, "5.1.3", "Recipient is no address in angle brackets")
BAD_PARAMETER = Reply(501, "5.5.4", "Parameter malformed or given twice")
PARAMETER_NOT_OFFERED = Reply(555, "5.5.4", "Parameter not offered here")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "Address outside ASCII needs SMTPUTF8 at MAIL")  # RFC 6531 §3.5
OUT_OF_ORDER = Reply(503, "5.5.1", "Command out of order")
NO_RECIPIENT = Reply(503, "5.5.1", "No recipient was accepted")  # RFC 2033 §4.2
TOO_LARGE = Reply(552, "5.3.4", "Message larger than this server takes")
NOT_WELCOME = Reply(554, "5.7.1", "Your host is not on the list of those that may connect")
