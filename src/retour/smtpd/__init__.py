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

A submission is proved and passed through:

    credentials      what AUTH says
    submission       the dialogue with AUTH, STARTTLS and content in pieces
    submission_port  its asyncio port
"""

from retour.smtpd.limits import LOOPBACK, Limits
from retour.smtpd.listener import Handler, Listener, listen
from retour.smtpd.message import Message, Recipient
from retour.smtpd.phases import Phase
from retour.smtpd.replies import Reply
from retour.smtpd.session import Session
from retour.smtpd.submission import Submission
from retour.smtpd.submission_port import Submitter, listen_for_submissions

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
    "Submission",
    "Submitter",
    "listen",
    "listen_for_submissions",
]
