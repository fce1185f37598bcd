"""Whether a mail without a machine-readable part is a notice of delivery at all, and which."""

import re

from retour.codes import codes_in
from retour.parse.automatic import answers_by_itself, from_nobody, is_list_mail
from retour.parse.notice import Notice
from retour.parse.phrases import says


def _one_of(*patterns: str) -> re.Pattern[str]:
    """Any of the patterns; they are asked on lower-case text whose white space is single spaces."""
    return re.compile("|".join(patterns))


_SYSTEM = _one_of(
    r"mailer[-_ ]?daemon",
    r"post_?master",
    r"mail(?:er)?[ ._-]?deliver(?:y|er)?",
    r"deliver[yi]?[ ._-]?(?:sub)?system",
    r"system administrator",
    r"mdaemon",
    r"courier mail server",
    r"microsoftexchange[0-9a-f]{10}",  # the sender of Exchange's own reports
)
_MACHINE = _one_of(r"no-?reply", r"do-?not-?reply", r"mail.?system", r"delivery")
_SUBJECT = _one_of(
    r"undeliver",
    r"deliver[yi].{0,20}(?:status|fail|problem|error|delay|notif)",
    r"failure notice",
    r"returned (?:mail|to sender)",
    r"mail.{0,20}(?:fail|error|not be delivered)",
    r"non[- ]?deliver",
    r"could not be (?:delivered|sent)",
    r"returning (?:message|mail)",
    r"warning: (?:message|could not)",
    r"message (?:status|delayed)",
    r"unzustellbar",
    r"nicht zugestellt",
)
_FAILED = (
    "not be delivered",
    "n't be delivered",
    "not be sent",
    "not been delivered",
    "not delivered",
    "not deliver",
    "unable to deliver",
    "undeliver",
    "delivery failed",
    "delivery has failed",
    "failed to deliver",
    "failed permanently",
    "failed recipient",
    "permanent error",
    "permanent failure",
    "permanent fatal",
    "returned to sender",
    "returned mail",
    "user unknown",
    "unknown user",
    "no such user",
    "giving up",
    "not reach",
    "problem delivering",
    "error delivering",
    "did not like our",
    "unzustellbar",
    "nicht zugestellt",
)
_DELAYED = (
    "(delay)",
    "(delayed)",
    "(verzögerung)",
    "delivery delayed",
    "message delayed",
    "temporarily delayed",
    "warning message only",
    "warning only",
    "not need to resend",
    "not need to be resent",
    "will be retried",
    "will retry",
    "will keep trying",
    "will continue to try",
    "will continue to attempt",
    "will continue trying",
    "attempts will continue",
    "not yet been delivered",
    "still being retried",
    "still being queued",
    "still undelivered",
    "delivery incomplete",
    "zustellung verzögert",
)
_DELIVERED = (
    "successfully delivered",
    "has been delivered to the following",
    "was delivered to the following",
    "no delivery notification was sent by the destination",
    "erfolgreich zugestellt",
)
_DELAY_HINTS = ("delay", "verz", "warning", "resen", "will ", "yet", "still", "incomplete")
_DELAYED_SUBJECT = (*_DELAYED, "warning: message", "warning: could not")


def is_notice(notice: Notice) -> bool:
    """A machine's notice that mail was not delivered; an ordinary mail that quotes one is none."""
    head = notice.mail.head
    if head.has(b"x-failed-recipients") or notice.status:
        return True
    failed = says(_FAILED, notice.plain())
    refused = "@" in notice.words and codes_in(notice.plain()).reply is not None
    if not head.raw.strip():  # a bare body: all there is are its words
        return failed or refused
    returned = notice.returned is not None
    if is_system(notice):
        said = failed or refused or returned or _SUBJECT.search(notice.subject()) is not None
    elif from_nobody(notice) and not is_list_mail(head):  # a person's absence note may come from nobody
        said = (failed and (refused or returned)) or _SUBJECT.search(notice.subject()) is not None
    else:
        said = failed and returned and _MACHINE.search(notice.sender()) is not None
    return said and not answers_by_itself(notice)


def is_system(notice: Notice) -> bool:
    """Whether a mail comes from a mail system by its own name."""
    return _SYSTEM.search(notice.sender()) is not None


def is_delivered(notice: Notice) -> bool:
    """Whether a mail system says in words that a mail was delivered, or relayed to where nobody reports."""
    words = notice.plain()
    return is_system(notice) and says(_DELIVERED, words) and not says(_FAILED, words)


def is_server_log(notice: Notice) -> bool:
    """What Postfix tells its postmaster about sessions (notify_classes): refusals of others, not of ours."""
    return notice.subject().startswith(("postfix smtp server: errors", "postfix smtp client: errors"))


def is_delay(notice: Notice) -> bool:
    """Whether the notice says that delivery is still being tried."""
    words = notice.plain()
    if says(_DELAY_HINTS, words) and says(_DELAYED, words):
        return True
    return says(_DELAYED_SUBJECT, notice.subject())
