"""Mailing list managers that turn a post down: a refusal of our mail by the list's address.

Mailman, LISTSERV, Sympa, mlmmj, fml, Yahoo Groups. A post that is held until somebody decides is none; nor
is what a manager tells the owners of a list about others.
"""

import re
from typing import Final

from retour.model import Kind, Report
from retour.parse.mailbox import addresses_in, one_address
from retour.parse.notice import Notice
from retour.parse.phrases import says
from retour.parse.reply import report_of

# One of these header fields, or a sender of such a name, is in the mails of every manager; in lower case.
_FIELDS: Final[tuple[bytes, ...]] = (
    b"x-mailman-version",
    b"x-list-administrivia",
    b"x-mlserver",
    b"x-listserver",
    b"x-mailer-listserv",
)
_SENDER: Final = re.compile(
    r"\b(?:listserv|sympa|majordomo|mlmmj|mailman|listproc|lyris|ecartis)\b|[+-](?:bounces|owner|admin|request|help)@|\bowner-"
)
_REFUSED: Final[tuple[str, ...]] = (
    *(
        "has been rejected",
        "been automatically rejected",
        "was rejected",
        "rejected posting to",
        "was denied",
    ),
    *("you are not authorized to", "not authorized to post", "not allowed to post", "not allowed to send"),
    *("you are not subscribed", "not subscribed to this group", "only subscribers may post"),
    *(
        "you are not a member of this",
        "unable to be delivered to the list",
        "unable to deliver the message from",
    ),
    *(
        "wurde zurückgewiesen",
        "wurde abgelehnt",
        "sie dürfen nicht",
        "a été rejeté",
        "vous n'êtes pas autorisé",
    ),
    *("ha sido rechazado", "è stato rifiutato", "メンバーではありません"),
)
# What it was that was turned down: requests to join are turned down as well.
_A_POST: Final[tuple[str, ...]] = (
    *(
        "your message",
        "your mail",
        "your e-mail",
        "your email",
        "posting",
        "the message from",
        "send mail to",
    ),
    *("to post", "are not member", "a member of this mailing list", "ihre nachricht", "votre message"),
    *("su mensaje", "il messaggio", "メンバーではありません"),
)
_HELD: Final[tuple[str, ...]] = (
    "awaits moderator",
    "awaiting",
    "is being held",
    "wartet",
    "en attente",
    "approval is required",
    "moderation",
)
_NOT_ABOUT_A_POST: Final[tuple[str, ...]] = (
    "is being held",
    "subscription request",
    "unsubscription request",
)
_TO_OWNERS: Final[tuple[str, ...]] = ("bounce ", "subscription", "confirm", "uncaught bounce", "welcome")
_NAME: Final = re.compile(r"\blist ['\"]([\w.+-]{1,60})['\"]")
_SUFFIX: Final = re.compile(r"[+-](?:bounces|owner|admin|request|help)(?=@)|^owner-", re.IGNORECASE)


def is_from_list_manager(notice: Notice) -> bool:
    """Whether the program that runs a mailing list wrote this, not one of the list's members."""
    head = notice.mail.head
    if head.has(b"list-post") and not head.has(b"x-list-administrivia"):
        return False
    return head.has_one_of(_FIELDS) or _SENDER.search(notice.sender()) is not None


def read_turned_down(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """The refusal of a post by a list, one report on the list's address; () for all else."""
    subject, words = notice.subject(), notice.plain()
    if not is_from_list_manager(notice) or says(_HELD, subject) or subject.startswith(_TO_OWNERS):
        return ()
    said = f"{subject} {words}"
    if says(_NOT_ABOUT_A_POST, words) or not says(_REFUSED, said) or not says(_A_POST, said):
        return ()
    return (report_of(Kind.BOUNCE, _list_of(notice), " ".join(notice.words.split()), mta=mta),)


def _list_of(notice: Notice) -> str | None:
    """The list's address: in X-BeenThere, in the subject or the words, else out of the sender's."""
    stated = one_address(notice.mail.head.text(b"x-beenthere"))
    if stated:
        return stated
    sender = one_address(notice.mail.head.text(b"from")) or ""
    domain, ours = sender[sender.rfind("@") :].lower(), notice.mail.head.text(b"to").lower()
    named = addresses_in(f"{notice.mail.head.text(b'subject')}\n{notice.words}", 10)
    near = [each for each in named if each.lower().endswith(domain) and not _SUFFIX.search(each)]
    near = [each for each in near if each.lower() not in ours]
    if near or not sender:
        return near[0] if near else None
    made = _SUFFIX.sub("", sender)
    if made != sender:
        return made
    name = _NAME.search(notice.words)
    return one_address(name[1] + domain) if name else None  # a manager serves the lists of its own domain
