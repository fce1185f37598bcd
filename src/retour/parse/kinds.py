"""Whether a mail without a machine-readable part is a notice of delivery at all, and which."""

import re

from retour.codes import codes_in
from retour.parse.automatic import is_list_mail
from retour.parse.notice import Notice


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
    r"mail administrator",
    r"microsoftexchange[0-9a-f]{10}",  # RFC-less sender of M365's reports
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
_FAILED = _one_of(
    r"(?:could|can|was|were|has|have) ?(?:not|n't) (?:be |been )?(?:delivered|sent|deliver)",
    r"unable to deliver",
    r"undeliver",
    r"delivery (?:has |to .{0,100})?failed",
    r"failed (?:to deliver|permanently|recipient)",
    r"permanent (?:fatal )?(?:error|failure)",
    r"returned (?:to|mail)",
    r"not delivered",
    r"user unknown",
    r"unknown user",
    r"no such user",
    r"giving up",
    r"unzustellbar",
    r"not reach",
    r"problem delivering",
    r"error delivering",
    r"did(?: not|n't) like our",
)
_DELAYED = _one_of(
    r"\((?:delay(?:ed)?|verz[öo]gerung)\)",
    r"warning: (?:message|could not)",
    r"(?:delivery|message) (?:temporarily )?delayed",
    r"this is a warning message only",
    r"do(?:es)? not need to (?:be )?resen[dt]",
    r"will (?:be retried|retry|keep trying|continue (?:to try|trying))",
    r"(?:has|have) not yet been delivered",
    r"attempts? (?:to deliver.{0,40} )?will continue",
    r"still being (?:retried|queued)",
    r"delivery incomplete",
    r"will retry for",
)


def is_notice(notice: Notice) -> bool:
    """A machine's notice that mail was not delivered; an ordinary mail that quotes one is none."""
    head = notice.mail.head
    if head.has(b"x-failed-recipients") or notice.status:
        return True
    failed = _FAILED.search(notice.plain()) is not None
    refused = failed or codes_in(notice.plain()).reply is not None
    if head.end == 0:  # a bare body: all there is are its words
        return failed or (refused and "@" in notice.words)
    sender = notice.sender.lower()
    if _SYSTEM.search(sender) or (from_nobody(notice) and not is_list_mail(head)):
        return refused or notice.returned is not None or _SUBJECT.search(notice.subject.lower()) is not None
    return failed and notice.returned is not None and _MACHINE.search(sender) is not None


def is_delay(notice: Notice) -> bool:
    """Whether the notice says that delivery is still being tried."""
    return _DELAYED.search(notice.subject.lower()) is not None or _DELAYED.search(notice.plain()) is not None


def from_nobody(notice: Notice) -> bool:
    """The null sender (RFC 5321 §4.5.5), as the delivering server wrote it down."""
    return notice.mail.head.value(b"return-path") == b"<>" or notice.sender.rstrip().endswith("<>")
