"""A report within a mail: passed on as an attachment by a person, a rule or a gateway."""

from typing import Final

from retour.mime import scan
from retour.parse.automatic import is_list_mail
from retour.parse.kinds import is_notice
from retour.parse.notice import Notice

_MESSAGES: Final[tuple[bytes, ...]] = (b"message/rfc822", b"message/global")
_FEW: Final = 5  # messages in one mail that are looked into: more make a digest


def enclosed(notice: Notice) -> Notice | None:
    """The first report of delivery among the messages that a mail encloses; None when there is none.

    Asked of mail that says nothing itself. What somebody only quotes is talk about a report; what a mailing
    list distributes is talk as well.
    """
    if notice.returned is None or is_list_mail(notice.mail.head):
        return None
    messages = [part for part in notice.mail.parts if part.type in _MESSAGES or part.content.is_saved]
    for part in messages[:_FEW]:
        inner = Notice(scan(part.body()))
        if not inner.mail.head.is_empty() and is_notice(inner):
            return inner
    return None
