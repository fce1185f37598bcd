"""The server side of an SMTP (RFC 5321) or LMTP (RFC 2033) dialogue, without opinions.

Who may be written to and what becomes of a message is the caller's business: he brings a `Handler`.
`session` knows the dialogue and no socket; `listener` knows sockets and no dialogue.

    replies   what the server says
    commands  what the client said, read strictly
    content   what stands between DATA and the lone dot
    message   what is handed over
    phases    the table of the dialogue
    session   walks the table: bytes in, replies and messages out
    listener  the asyncio port: who may connect, how long, how many
"""

from retour.smtpd.limits import Limits
from retour.smtpd.listener import LOOPBACK, Handler, Listener, listen
from retour.smtpd.message import Message, Recipient
from retour.smtpd.phases import Phase
from retour.smtpd.replies import Reply
from retour.smtpd.session import Session

__all__ = [
    "LOOPBACK",
    "Handler",
    "Limits",
    "Listener",
    "Message",
    "Phase",
    "Recipient",
    "Reply",
    "Session",
    "listen",
]
