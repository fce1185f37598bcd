"""Which of the phrases found in a text speak: none in names of hosts, none within a longer phrase."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from retour.classify.rulebook import Rule, Weight
from retour.model import Group

Span = tuple[int, int, int]  # number of the phrase's owner, start, end

# Characters of a word that are looked at on either side (security: bounded work per match).
WINDOW: Final = 120
# A host or a path on it: "mx.blocked.example", "b.example/errors#full". Possessive, so linear.
_DOTTED: Final = re.compile(r"([\w.-]++)(?:[/?#]\S*+)?+")
_HOST: Final = re.compile(r"[\w.-]*\w\.[a-z]{2,}[\w.-]*")
_NAMELIKE: Final = frozenset("./?=_:[")  # a phrase with one of these is meant to be found in names


def telling(found: Sequence[Span], text: str, rules: Sequence[Rule], idioms: int) -> list[Span]:
    """The spans that speak, by their place. Owners from `idioms` on are idioms; between them and the rules
    stand marks and parts, which always speak.

    Words within a longer phrase of another meaning mean what that phrase means: "too many user unknown" is no
    "user unknown", and "returned to sender" does not accuse the sender.
    """
    told: list[Span] = []
    covers: list[Span] = []
    # By their place, the longest first.
    for start, last, number in sorted([(start, -end, number) for number, start, end in found]):
        end = -last
        span = number, start, end
        if number >= len(rules):
            (told if number < idioms else covers).append(span)
            continue
        rule = rules[number]
        if rule.provider is None and rule.blocklist is None and _is_name(text, start, end, rule.phrases):
            continue
        before_ours = rule.own and rule.group is not Group.DEAD
        if before_ours or not (covers and any(_swallows(cover, span, rules) for cover in covers[-8:])):
            told.append(span)
        if _may_cover(rule) and " " in text[start:end]:
            covers.append(span)
    return told


def _may_cover(rule: Rule) -> bool:
    """A clear rule without conditions; never one that declares an address dead: doubts must be heard."""
    return rule.weight is Weight.CLEAR and not rule.codes and rule.group is not Group.DEAD


def _swallows(cover: Span, span: Span, rules: Sequence[Rule]) -> bool:
    """Whether a phrase lies within a longer one that means something else."""
    if cover[2] < span[2] or cover[1:] == span[1:]:
        return False
    return cover[0] >= len(rules) or rules[cover[0]].group is not rules[span[0]].group


def _is_name(text: str, start: int, end: int, phrases: tuple[str, ...]) -> bool:
    """Whether words are part of a host name, page or identifier, and no phrase that is made for it."""
    before = text[start - 1 : start]
    if before == "_":
        return True
    words = text[start:end]
    if before in ("", " ") and " " in words:
        return False
    # All words of one window ask for the same piece of the text, so that it is looked at once.
    begin = text.rfind(" ", 0, start) + 1
    left = begin + max(0, (start - begin) // WINDOW - 1) * WINDOW
    token = text[left : left + 3 * WINDOW].partition(" ")[0]
    if "." not in token or (not _NAMELIKE.isdisjoint(words) and words in phrases):
        return False
    return "://" in token[: start - left] or any(
        first <= start - left < last for first, last in _hosts_in(token)
    )


@lru_cache(maxsize=32)
def _hosts_in(token: str) -> tuple[tuple[int, int], ...]:
    """Where hosts and paths on them stand in a piece of a text."""
    return tuple(host.span() for host in _DOTTED.finditer(token) if _HOST.fullmatch(host[1]))
