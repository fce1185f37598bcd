"""Whether a mail without a machine-readable part is a notice of delivery at all, and which."""

import re
from typing import Final

from retour.codes import reply_in, status_in
from retour.parse import languages
from retour.parse.automatic import answers_by_itself, from_nobody, is_auto_replied, is_list_mail
from retour.parse.lures import is_lure, names_another
from retour.parse.notice import Notice
from retour.parse.software import software_of


def _one_of(*patterns: str) -> re.Pattern[str]:
    """Any of the patterns; they are asked on lower-case text whose white space is single spaces.

    Where each begins with a letter, the search skips to those letters.
    """
    return re.compile("|".join(patterns))


_SYSTEM: Final = _one_of(
    r"mailer[-_ ]?daemon",
    r"post_?master",
    r"mail(?:er)?[ ._-]?deliver(?:y|er)?",
    r"deliver[yi]?[ ._-]?(?:sub)?system",
    r"mail[-_ ]?(?:daemon|router|gateway|server|service|administrator|administration)",
    r"daemon@(?<=\bdaemon@)",
    r"system[- ]?administrat",
    r"administrateur syst",
    r"mdaemon",
    r"courier mail server",
    r"microsoftexchange[0-9a-f]{10}",  # the sender of Exchange's own reports
)
_MACHINE: Final = _one_of(
    *(
        r"no-?reply",
        r"do-?not-?reply",
        r"mail.?system",
        r"delivery",
        r"admin(?<=\badmin)(?:istrator)?@",
        r"smtp",
    ),
    *(r"alert@", r"notif", r"filter", r"gateway", r"security", r"virus"),
)
_PASSED_ON: Final = re.compile(r"\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|i|enc|vs|doorst|転送)\s?:")
# What a filter at a gateway did with "your mail to ann@example.org".
_KEPT_BACK: Final = re.compile(
    r"your (?:e-?mail|mail|message)(?: message)?(?: (?:to|for) \S{3,320})? (?:was|has been|is being|is) "
    r"(?:blocked|rejected|refused|stopped|denied|returned|bounced)"
)
# Parcels, payments and backups fail to reach somebody as well.
_OF_MAIL: Final = re.compile(
    r"\b(?:e-?mail|mail|message|nachricht)\b(?![.@]).{0,200}\b(?:following|recipient|empfänger|user)"
)
_OPENING: Final = 300  # characters: a report says at once what it is about
_SUBJECT: Final = _one_of(
    r"undeliver",
    r"deliver[yi].{0,20}(?:status|fail|problem|error|delay|notif)",
    r"failure notice",
    r"returned (?:mail|to sender)",
    r"mail.{0,20}(?:fail|error|not be delivered)",
    r"non[- ]?deliver",
    r"not (?:be )?deliver",
    r"could not be (?:delivered|sent)",
    r"returning (?:message|mail)",
    r"warning: (?:message|could not)",
    r"message (?:status|delayed)",
    r"unzustellbar",
    r"nicht zugestellt",
)


def is_notice(notice: Notice) -> bool:
    """A machine's notice that mail was not delivered; an ordinary mail that quotes one is none."""
    head = notice.mail.head
    if head.has(b"x-failed-recipients") or notice.status:
        return True
    if head.is_empty():  # a bare body: all there is are its words
        return tells_refusal(notice) or tells_trouble(notice) or is_signed_by_software(notice)
    # What is asked of the words in all languages costs most, so it comes last.
    returned = notice.returned is not None
    if is_system(notice):
        said = returned or _speaks_for_itself(notice)
    elif from_nobody(notice) and not is_list_mail(head):  # a person's absence note may come from nobody
        machine = "@" in notice.words and _MACHINE.search(notice.sender()) is not None
        told = (returned or machine or tells_refusal(notice)) and not is_auto_replied(head)
        said = is_titled(notice) or (told and tells_failure(notice.plain()))
    else:
        said = _MACHINE.search(notice.sender()) is not None and tells_failure(notice.plain())
        said = said and (returned or opens_as_report(notice))
    return said and not answers_by_itself(notice)


def _speaks_for_itself(notice: Notice) -> bool:
    """Whether a mail system's mail that returns nothing is a notice by its title or words, and no lure."""
    if not is_titled(notice):
        told = is_sent_by_itself(notice) and names_another(notice)
        if not told or not (tells_refusal(notice) or tells_trouble(notice)):
            return False
    return not is_disguised(notice) and not is_lure(notice)


def is_signed_by_software(notice: Notice) -> bool:
    """Whether a bare body names a recipient and opens as a mail server's notices do, or carries a code."""
    if "@" not in notice.words:
        return False
    return software_of(notice) is not None or status_in(notice.plain()) is not None


def opens_as_report(notice: Notice) -> bool:
    """Whether a title and first words are those of a report; not where a person answers or forwards one, nor
    in what goes out to many."""
    head = notice.mail.head
    if head.has(b"list-unsubscribe") or head.has(b"in-reply-to"):
        return False
    subject, opening = notice.subject(), notice.plain()[:_OPENING]
    if "@" not in opening or _PASSED_ON.match(subject) or not is_titled(notice):
        return False
    return tells_failure(opening) and _OF_MAIL.search(opening) is not None and names_another(notice)


def tells_refusal(notice: Notice) -> bool:
    """Whether the words name an address and a reply code."""
    return "@" in notice.words and reply_in(notice.plain()) is not None


def is_system(notice: Notice) -> bool:
    """Whether a mail comes from a mail system by its own name."""
    return _SYSTEM.search(notice.sender()) is not None


def is_sent_by_itself(notice: Notice) -> bool:
    """Whether a program sent a mail system's mail, whatever its subject: not cron, nor the people behind."""
    path = notice.mail.head.value(b"return-path").decode("latin-1").lower()
    if path in ("", "<>"):
        return True
    return _SYSTEM.search(path) is not None and not notice.subject().startswith(("re:", "aw:"))


def is_disguised(notice: Notice) -> bool:
    """Whether only the name in From is a mail system's, and nobody is named but the reader: a lure."""
    sender, path = notice.sender(), notice.mail.head.value(b"return-path")
    if _SYSTEM.search(sender, sender.rfind("<") + 1) or from_nobody(notice):
        return False
    if notice.mail.head.has(b"list-unsubscribe"):
        return True  # news about mail servers by a sender of such a name
    return not names_another(notice) and not _SYSTEM.search(path.decode("latin-1").lower())


def is_titled(notice: Notice) -> bool:
    """Whether the subject is that of a notice."""
    subject = notice.subject()
    if _SUBJECT.search(subject):
        return True
    return languages.tells_failure(subject) or languages.tells_delay(subject, "")


def tells_failure(words: str) -> bool:
    """Whether words in lower case say that mail was not delivered."""
    if languages.tells_refusal(words) or ("your " in words and _KEPT_BACK.search(words)):
        return True
    return languages.tells_failure(words)


def tells_trouble(notice: Notice) -> bool:
    """Whether the words tell that mail was not delivered, or not yet."""
    return tells_failure(notice.plain()) or is_delay(notice)


def is_delivered(notice: Notice) -> bool:
    """Whether a mail system says in words that a mail was delivered, or relayed to where nobody reports."""
    if not is_system(notice):
        return False
    words = notice.plain()
    return languages.tells_delivery(words) and not tells_failure(words)


def is_server_log(notice: Notice) -> bool:
    """What Postfix and Exim tell their postmaster: refusals of others, a message that waits in the queue."""
    if notice.subject().endswith("has been frozen"):
        return True
    if notice.subject().startswith("mail delivery status report"):  # sendmail -bv, -v: bounces come besides
        return "delivery report that you requested" in notice.plain()
    return notice.subject().startswith(("postfix smtp server: errors", "postfix smtp client: errors"))


def is_delay(notice: Notice) -> bool:
    """Whether the notice says that delivery is still being tried."""
    return languages.tells_delay(notice.subject(), notice.plain())
