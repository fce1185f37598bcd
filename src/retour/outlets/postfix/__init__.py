"""What Postfix asks: the policy service, and lookup tables by socketmap (see `socketmap`).

The policy service refuses a stopped recipient at RCPT TO (Postfix SMTPD_POLICY_README).

A request is `name=value` lines and an empty line; the answer is `action=...` and an empty line; Postfix keeps
the connection and asks again. The answer is one of

    DUNNO                                                            nothing against this recipient
    550 5.7.1 Sending to this recipient is stopped (mailbox full since 2026-05-03) [retour:stopped] URL
    450 4.7.1 Sending to this recipient is held (incident) [retour:held] URL

and never DISCARD or HOLD, which act on all recipients of a message. What is no request, or none of ours to
judge, is DUNNO: a mail server must not stop because one line was odd. When Retour itself fails, it closes
the connection, so that the operator's choice in Postfix (`default_action`) decides.
"""

from retour.outlets.postfix.answers import Explain, Policy, Refusal
from retour.outlets.postfix.connection import IDLE, MOST, Listener, listen, serve
from retour.outlets.postfix.dialogues import LIMIT
from retour.outlets.postfix.origins import NOWHERE, Origin, Origins
from retour.outlets.postfix.socketmap import LIMIT as SOCKETMAP_LIMIT
from retour.outlets.postfix.socketmap import Maps, Stopped

__all__ = [
    "IDLE",
    "LIMIT",
    "MOST",
    "NOWHERE",
    "SOCKETMAP_LIMIT",
    "Explain",
    "Listener",
    "Maps",
    "Origin",
    "Origins",
    "Policy",
    "Refusal",
    "Stopped",
    "listen",
    "serve",
]
