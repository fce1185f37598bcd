"""Bounces that look like an automatic answer or a person's mail: only their first words tell them.

Asked last: a mail that is anything else has been recognised before.
"""

import re
from collections.abc import Callable
from typing import Final

from retour.model import Kind, Report
from retour.parse import absence, languages
from retour.parse.automatic import answers_by_itself, from_nobody, is_auto_replied, is_list_mail
from retour.parse.dialects.lists import is_from_list_manager
from retour.parse.kinds import is_system, tells_failure
from retour.parse.lures import is_lure, names_another, offers_link
from retour.parse.mailbox import one_address
from retour.parse.notice import Notice
from retour.parse.phrases import phrases_of
from retour.parse.prose import read_prose

_FORWARDED: Final = re.compile(
    r"^(?:fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vl|vs|fs|továbbítás|πρθ|вн|пересл|转发|轉寄|転送|전달) ?[:：]"
)
_MACHINE: Final = re.compile(
    r"no-?reply|do-?not-?reply|mailer|robot|nicht-?antworten|nao-?responda|no-?responder|post_?master"
    r"|mail-?(?:gate|admin|server)|gateway|daemon"
)
# Their mail tells of others' bounces.
_JOBS: Final = re.compile(rb"<(?:root|cron|logwatch|nagios|monit|zabbix)@")
_DAEMON: Final = re.compile(rb"<(?:mailer-?daemon|mail-?delivery)")
_AT: Final = re.compile(r"@([\w-]{1,63}(?:\.[\w-]{1,63}){1,9})")
_SENTENCE: Final = re.compile(r"[.!?] |[.!?]$|[。！？]")
_CLAUSE: Final = re.compile(r"((?:[.!?,;] |[.!?]$|[。！？，；]))")  # with its end, so that lengths add up
_QUOTING: Final[tuple[str, ...]] = (
    *("\n>", "wrote:", "schrieb:", "a écrit", "-----"),
    *("\nfrom:", "\nvon:", "\nde :", "\nde:"),
)


def is_unmarked_bounce(notice: Notice) -> bool:
    """Whether the first words tell the sender that his mail was not delivered, or the mailbox closed.

    Somebody who is away, or has left, says so and is no bounce; one who forwards or quotes a bounce neither.
    """
    head, subject = notice.mail.head, notice.subject()
    if is_list_mail(head) or head.has(b"list-unsubscribe") or is_from_list_manager(notice):
        return False
    if _FORWARDED.match(subject) or _JOBS.match(head.value(b"return-path")):
        return False
    if absence.is_away(notice) or absence.has_left(notice):
        return False
    if is_lure(notice) and not is_auto_replied(head) and not answers_by_itself(notice):
        return False
    if _is_system_speaking(notice):
        return True
    if is_answer(notice) and absence.is_gone(notice) and not _answers_elsewhere(notice):
        return True
    if is_answer(notice):
        return tells_loss(notice)
    if is_by_machine(notice):
        return tells_loss(notice, _is_about_one)
    if not tells_loss(notice, languages.speaks_of_yours) or _is_quoting(notice):
        return False
    return names_another(notice) and not offers_link(notice)


def is_by_machine(notice: Notice) -> bool:
    """Whether anything but the words says that a program sent it."""
    return is_answer(notice) or _MACHINE.search(notice.sender()) is not None


def is_answer(notice: Notice) -> bool:
    """Whether anything but the words says that a program answered with it."""
    if from_nobody(notice) or is_auto_replied(notice.mail.head) or answers_by_itself(notice):
        return True
    return absence.is_named_absence(notice)


def tells_loss(notice: Notice, of: Callable[[str], bool] = languages.speaks_of_mail) -> bool:
    """Whether one of the first sentences says, without an if, that a mail was not delivered."""
    for sentence in _SENTENCE.split(absence.opening(notice)):
        if not of(sentence) or not tells_failure(sentence):
            continue
        if not languages.is_conditional(sentence) and not absence.is_of_goods(sentence):
            return True
    return False


def _is_about_one(sentence: str) -> bool:
    """Whether it is about a mail of the reader, or about an address before it says what happened.

    Programs that answer nobody also send statistics, with the address of a contact behind them.
    """
    if languages.speaks_of_yours(sentence):
        return True
    at = sentence.find("@")
    return at >= 0 and not tells_failure(sentence[:at])


def read_unmarked(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """Its reports. An address that answers by itself to say that it is gone speaks of itself alone."""
    reports = read_prose(notice, Kind.BOUNCE, mta)
    own = one_address(notice.mail.head.text(b"from"))
    if len(reports) > 1 or own is None or not is_by_machine(notice):
        return reports
    if is_system(notice) or _MACHINE.search(own):
        return reports
    named = reports[0].recipient
    if named is None or (absence.is_gone(notice) and named.lower() not in _until_told(notice)):
        return (reports[0]._replace(recipient=own),)
    return reports


def _is_system_speaking(notice: Notice) -> bool:
    """A mail system's own mail from nobody or itself, about somebody else, in words that we do not know."""
    if answers_by_itself(notice) or offers_link(notice):
        return False
    by_itself = from_nobody(notice) or _DAEMON.match(notice.mail.head.value(b"return-path").lower())
    return bool(by_itself) and is_system(notice) and names_another(notice)


def _answers_elsewhere(notice: Notice) -> bool:
    """Whether who answers tells of an address at another domain: the mail that he answers came to him.

    Not where a program alone answers for others, as a provider does.
    """
    own = one_address(notice.mail.head.text(b"from"))
    if own is None or _MACHINE.search(own) or is_system(notice):
        return False
    domains = {domain.lower() for domain in _AT.findall(_until_told(notice))}
    return bool(domains) and own.rpartition("@")[2].lower() not in domains


def _until_told(notice: Notice) -> str:
    """The first words, to the end of the last clause that says what has become of the mailbox."""
    words = absence.opening(notice)
    end = told = 0
    for clause in _CLAUSE.split(words):
        end += len(clause)
        if tells_failure(clause) or phrases_of("answers.toml").stand_in("gone", clause):
            told = end
    return words[:told]


def _is_quoting(notice: Notice) -> bool:
    return any(mark in notice.low for mark in _QUOTING)
