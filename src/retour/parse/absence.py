"""What programs that answer for people write in the languages of the world, where no header marks them.

The phrases stand in answers.toml.
"""

import re
from typing import Final

from retour.parse.notice import Notice
from retour.parse.phrases import phrases_of

# Characters of the words: an absence is told at once, other mail may mention one later.
_BEGINNING: Final = 500
_FILE: Final = "answers.toml"
_PREFIX: Final = re.compile(r"^(?:(?:re|aw|sv|antw|odp|rif|ynt|vs|fwd?|回复|答复|回覆|ответ) ?[:：] *)+")
_CLAUSE: Final = re.compile(r"[.!?,;:] |[。！？，；]")
_DAY: Final = re.compile(r"\b[0-3]?\d\b")
# A person who answers quotes what he answers to (RFC 3676 §4.5); programs seldom do.
_QUOTED: Final = re.compile(r"\n> ?\S")


def opening(notice: Notice) -> str:
    """The first words of a mail, in lower case with single spaces."""
    return notice.plain()[:_BEGINNING]


def tells_absence(notice: Notice) -> bool:
    """Whether a mail says by its subject or its first words that a program answers for somebody."""
    if is_named_absence(notice):
        return True
    words = opening(notice)
    if phrases_of(_FILE).stand_in("automatic", words):
        return True
    if _QUOTED.search(notice.words):
        return False
    return is_away(notice) or has_left(notice)


def is_named_absence(notice: Notice) -> bool:
    """Whether the subject is a name of such an answer."""
    subject = notice.subject()
    title = _PREFIX.sub("", subject).strip(" .!")
    if phrases_of(_FILE).are("absent_title", title):
        return True
    return phrases_of(_FILE).stand_in("absent_subject", subject)


def is_away(notice: Notice) -> bool:
    """Whether somebody says in the first words that he is away for a time: what he has got, he will read."""
    words = opening(notice)
    if phrases_of(_FILE).stand_in("absent", words):
        return True
    # The mere word for a holiday, where a program answered: with the day of the return.
    reply = _PREFIX.match(notice.subject()) is not None and len(notice.words) < _BEGINNING
    return reply and _DAY.search(words) is not None and phrases_of(_FILE).stand_in("holiday", words)


def has_left(notice: Notice) -> bool:
    """Whether subject or first words say that somebody is there no more: mail arrives, nobody reads it."""
    return phrases_of(_FILE).stand_in("left", f"{notice.subject()} {opening(notice)}")


def is_gone(notice: Notice) -> bool:
    """Whether the first words say that the mailbox is closed for good.

    Not that it will be, that it may be, or that somebody still takes what comes: such a mailbox lives. Nor
    that a house, a bank account or a customer's account has been given up.
    """
    words, lists = opening(notice), phrases_of(_FILE)
    if not lists.stand_in("gone", words) or lists.stand_in("closing", words):
        return False
    if lists.stand_in("doubted", words):
        return False
    gone = [part for part in _CLAUSE.split(words) if lists.stand_in("gone", part)]
    if gone and all(is_of_goods(part) for part in gone):
        return False
    if lists.stand_in("elsewhere", words) and not any(_is_of_mail(part) for part in gone):
        return False
    return lists.stand_in("left_lying", words) or not lists.stand_in("taken", words)


def is_of_goods(clause: str) -> bool:
    """Whether words in lower case speak of an order, a parcel or a customer's account, and not of mail."""
    return phrases_of(_FILE).stand_in("goods", clause) and not _is_of_mail(clause)


def _is_of_mail(clause: str) -> bool:
    """Whether what is gone is mail itself, whatever address a signature gives besides."""
    return "@" in clause or phrases_of(_FILE).stand_in("of_mail", clause)


def is_read_receipt(notice: Notice) -> bool:
    """Whether a reader's program tells that a mail was read or thrown away, without the part of RFC 8098."""
    named = phrases_of(_FILE).begin("receipt_subject", notice.subject())
    return named and phrases_of(_FILE).stand_in("receipt", opening(notice))


def waits_for_proof(notice: Notice) -> bool:
    """Whether the first words say that a message waits until its sender has shown that he is a person."""
    words = opening(notice)
    return phrases_of(_FILE).stand_in("held", words) and phrases_of(_FILE).stand_in("proof", words)
