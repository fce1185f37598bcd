"""Bounces that look like an automatic answer or a person's mail: only their first words tell them.

Asked last: a mail that is anything else has been recognised before.
"""

import re

from retour.model import Kind, Report
from retour.parse import absence, languages
from retour.parse.automatic import answers_by_itself, from_nobody, is_auto_replied, is_list_mail
from retour.parse.lures import names_another, offers_link
from retour.parse.mailbox import one_address
from retour.parse.notice import Notice
from retour.parse.prose import read_prose

_FORWARDED = re.compile(
    r"^(?:fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vl|vs|fs|továbbítás|πρθ|вн|пересл|转发|轉寄|転送|전달) ?[:：]"
)
_MACHINE = re.compile(
    r"no-?reply|do-?not-?reply|mailer|robot|nicht-?antworten|nao-?responda|no-?responder|post_?master"
)
_SENTENCE = re.compile(r"[.!?] |[.!?]$|[。！？]")
_QUOTING = ("\n>", "wrote:", "schrieb:", "a écrit", "-----", "\nfrom:", "\nvon:", "\nde :", "\nde:")


def is_unmarked_bounce(notice: Notice) -> bool:
    """Whether the first words tell the sender that his mail was not delivered, or the mailbox closed.

    Somebody who is away, or has left, says so and is no bounce; one who forwards or quotes a bounce neither.
    """
    head, subject = notice.mail.head, notice.subject()
    if is_list_mail(head) or head.has(b"list-unsubscribe") or _FORWARDED.match(subject):
        return False
    if absence.is_away(notice) or absence.has_left(notice):
        return False
    if is_by_machine(notice):
        return tells_loss(notice) or absence.is_gone(notice)
    return tells_loss(notice) and names_another(notice) and not (_is_quoting(notice) or offers_link(notice))


def is_by_machine(notice: Notice) -> bool:
    """Whether anything but the words says that a program sent it."""
    if from_nobody(notice) or is_auto_replied(notice.mail.head) or answers_by_itself(notice):
        return True
    return absence.is_named_absence(notice) or _MACHINE.search(notice.sender()) is not None


def tells_loss(notice: Notice) -> bool:
    """Whether one of the first sentences says, without an if, that what the sender sent was not delivered."""
    for sentence in _SENTENCE.split(absence.opening(notice)):
        told = languages.tells_failure(sentence) and languages.speaks_of_ours(sentence)
        if told and not languages.is_conditional(sentence):
            return True
    return False


def read_unmarked(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """Its reports. Who answers by a program, and names nobody else, speaks of the own address."""
    reports = read_prose(notice, Kind.BOUNCE, mta)
    if len(reports) > 1 or reports[0].recipient or not is_by_machine(notice):
        return reports
    return (reports[0]._replace(recipient=one_address(notice.mail.head.text(b"from"))),)


def _is_quoting(notice: Notice) -> bool:
    return any(mark in notice.low for mark in _QUOTING)
