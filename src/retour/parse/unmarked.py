"""Bounces that look like an automatic answer or like a person's mail: nothing but their first words tells them.

Asked last: a mail that is anything else has been recognised before.
"""

import re

from retour.parse import absence, languages
from retour.parse.automatic import answers_by_itself, from_nobody, is_auto_replied, is_list_mail
from retour.parse.mailbox import addresses_in
from retour.parse.notice import Notice
from retour.parse.phrases import phrases_of

_FORWARDED = re.compile(
    r"^(?:fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vl|vs|fs|továbbítás|πρθ|вн|пересл|转发|轉寄|転送|전달) ?[:：]"
)
_MACHINE = re.compile(r"no-?reply|do-?not-?reply|mailer|robot|nicht-?antworten|nao-?responda|no-?responder|post_?master")
_SENTENCE = re.compile(r"[.!?] |[.!?]$|[。！？]")
_LINKS = ("http://", "https://", "click", "klick", "cliqu")
_QUOTING = ("\n>", "wrote:", "schrieb:", "a écrit", "-----", "\nfrom:", "\nvon:", "\nde :", "\nde:")


def is_unmarked_bounce(notice: Notice) -> bool:
    """Whether the first words say to the sender that his mail was not delivered, or that the mailbox is closed.

    Somebody who is away for a time says so, and is no bounce; one who forwards or quotes a bounce neither.
    """
    head, subject = notice.mail.head, notice.subject()
    if is_list_mail(head) or head.has(b"list-unsubscribe") or _FORWARDED.match(subject):
        return False
    if absence.is_away(notice):
        return False
    if is_by_machine(notice):
        return tells_loss(notice) or (absence.is_gone(notice) and not absence.has_left(notice))
    return tells_loss(notice) and _names_another(notice) and not _quotes_or_lures(notice)


def is_by_machine(notice: Notice) -> bool:
    """Whether anything but the words says that a program sent it."""
    if from_nobody(notice) or is_auto_replied(notice.mail.head) or answers_by_itself(notice):
        return True
    return absence.is_named_absence(notice) or _MACHINE.search(notice.sender()) is not None


def tells_loss(notice: Notice) -> bool:
    """Whether one of the first sentences says, without an if, that what the sender sent was not delivered."""
    conditional = phrases_of("languages.toml", "conditional")
    for sentence in _SENTENCE.split(absence.opening(notice)):
        told = languages.tells_failure(sentence) and languages.speaks_of_ours(sentence)
        if told and not conditional.stand_in(sentence):
            return True
    return False


def _names_another(notice: Notice) -> bool:
    """Whether the words name somebody else than the reader."""
    reader = notice.mail.head.text(b"to").lower()
    return any(address.lower() not in reader for address in addresses_in(notice.words, 5))


def _quotes_or_lures(notice: Notice) -> bool:
    low = notice.low
    return any(mark in low for mark in _QUOTING) or any(link in low for link in _LINKS)
