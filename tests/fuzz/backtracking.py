"""How much work a pattern makes: a matcher that backtracks as `re` does and counts its steps.

`re` does not tell what it costs, and a time is no measure in a test. This one walks the tree that `re` itself
parses. It is slow, and knows none of the short cuts of `re`: what is linear here is linear there.
`traps` builds the texts that would hurt: for each repetition in a pattern many of what it repeats, behind
what leads there, and then something that does not fit.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from re import _constants as op
from re import _parser
from typing import Any

Node = tuple[Any, Any]
CANDIDATES = "a1 <>@.:;=?-/\"'()[]\\\n\t&#_Z5|,!+*^~%$`{}\u00e9\u65e5\x00"
BOUND = 12
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


@cache
def tree(pattern: re.Pattern[Any]) -> list[Node]:
    """What `re` parses a pattern into; kept, so that each of its nodes is one object for good."""
    return list(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))


@cache
def _known(pattern: re.Pattern[Any]) -> dict[tuple[int, str], bool]:
    """What is known already of which letters its nodes of one character take, by identity of the node."""
    return {}


class Counter:
    """A search with a pattern, and the steps it took."""

    def __init__(self, pattern: re.Pattern[Any], text: str) -> None:
        self.steps = 0
        self._nodes = tree(pattern)
        self._flags = pattern.flags
        self._text = text
        self._groups: dict[int, tuple[int, int]] = {}
        self._known = _known(pattern)

    def match(self) -> int:
        """As `match` would; returns the steps."""
        next(self._match(self._nodes, 0, 0), None)
        return self.steps

    def search_all(self) -> int:
        """As `finditer` would; returns the steps."""
        at = 0
        while at <= len(self._text):
            end = next(self._match(self._nodes, 0, at), None)
            at = end if end is not None and end > at else at + 1
        return self.steps

    def _match(self, nodes: Sequence[Node], index: int, at: int) -> Iterator[int]:
        """Every place where the rest of the nodes can end, in the order in which `re` tries them."""
        while index < len(nodes) and (one := _is_single(nodes[index])):
            self.steps += 1
            if at >= len(self._text) or not self._fits(nodes[index], self._text[at]):
                return
            at, index = at + one, index + 1
        if index == len(nodes):
            yield at
            return
        for end in self._node(nodes[index], at):
            self.steps += 1
            yield from self._match(nodes, index + 1, end)

    def _node(self, node: Node, at: int) -> Iterator[int]:
        kind, value = node
        if kind in _REPEATS:
            yield from self._repeat(kind, *value, at)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from self._match(branch, 0, at)
        elif kind is op.SUBPATTERN:
            for end in self._match(value[3], 0, at):
                self._groups[value[0]] = at, end
                yield end
        elif kind is op.ATOMIC_GROUP:
            yield from self._first(value, at)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            if self._looks(*value, at) is (kind is op.ASSERT):
                yield at
        elif kind is op.GROUPREF:
            begin, end = self._groups[value]
            if self._text.startswith(self._text[begin:end], at):
                yield at + end - begin
        elif kind is op.AT:
            if self._stands(value, at):
                yield at
        else:
            raise ValueError(f"{kind} is in no pattern of ours, and is not counted here")

    def _first(self, nodes: Sequence[Node], at: int) -> Iterator[int]:
        end = next(self._match(nodes, 0, at), None)
        if end is not None:
            yield end

    def _looks(self, direction: int, nodes: Sequence[Node], at: int) -> bool:
        if direction < 0:
            at -= nodes.getwidth()[0]
        return at >= 0 and next(self._match(nodes, 0, at), None) is not None

    def _repeat(self, kind: Any, least: int, most: Any, body: Sequence[Node], at: int) -> Iterator[int]:
        # A bound stands for any bound: a smaller one shows on shorter texts that it is one.
        bound = len(self._text) + 1 if most is op.MAXREPEAT else min(int(most), BOUND)
        least = min(least, BOUND)
        if len(body) == 1 and _is_single(body[0]):
            ends = self._run(body[0], bound, at)
            places = range(at + least, ends + 1)
            if kind is op.POSSESSIVE_REPEAT:
                places = places[-1:]
            yield from reversed(places) if kind is op.MAX_REPEAT else places
        elif kind is op.POSSESSIVE_REPEAT:
            yield from list(self._again(op.MAX_REPEAT, least, bound, body, at))[:1]
        else:
            yield from self._again(kind, least, bound, body, at)

    def _run(self, node: Node, bound: int, at: int) -> int:
        end = at
        while end < len(self._text) and end - at < bound and self._fits(node, self._text[end]):
            end += 1
        self.steps += end - at + 1
        return end

    def _again(self, kind: Any, least: int, bound: int, body: Sequence[Node], at: int) -> Iterator[int]:
        if kind is op.MIN_REPEAT and least <= 0:
            yield at
        if bound:
            for end in self._match(body, 0, at):
                self.steps += 1
                if end > at:
                    yield from self._again(kind, least - 1, bound - 1, body, end)
        if kind is op.MAX_REPEAT and least <= 0:
            yield at

    def _fits(self, node: Node, letter: str) -> bool:
        asked = id(node), letter
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = fits(node, letter, self._flags)
        return known

    def _stands(self, place: Any, at: int) -> bool:
        text, many = self._text, bool(self._flags & re.MULTILINE)
        if place in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            return at == 0 or (many and place is op.AT_BEGINNING and text[at - 1] == "\n")
        if place in (op.AT_END, op.AT_END_STRING):
            return at == len(text) or (
                place is op.AT_END and (many or at == len(text) - 1) and text[at] == "\n"
            )
        word = [
            bool(re.match(r"\w", letter)) for letter in (text[at - 1 : at] if at else "", text[at : at + 1])
        ]
        return (word[0] != word[1]) is (place is op.AT_BOUNDARY)


def _is_single(node: Node) -> bool:
    return node[0] in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY)


def fits(node: Node, letter: str, flags: int = 0) -> bool:
    """Whether a node of one character takes a letter."""
    kind, value = node
    if kind is op.ANY:
        return letter != "\n" or bool(flags & re.DOTALL)
    if kind is op.IN:
        negated = value[0][0] is op.NEGATE
        return any(fits(each, letter, flags) for each in value[negated:]) is not negated
    if kind is op.RANGE:
        return any(value[0] <= ord(each) <= value[1] for each in _cases(letter, flags))
    if kind is op.CATEGORY:
        return re.match(_CATEGORIES[value], letter, flags & (re.ASCII | re.UNICODE)) is not None
    return any(ord(each) == value for each in _cases(letter, flags)) is (kind is op.LITERAL)


def _cases(letter: str, flags: int) -> set[str]:
    cases = {letter, letter.lower(), letter.upper()} if flags & re.IGNORECASE else {letter}
    return {case for case in cases if len(case) == 1}


def repetitions(nodes: Sequence[Node], lead: str, flags: int) -> Iterator[tuple[str, str]]:
    """For each repetition what leads to it, and what it repeats."""
    for node in nodes:
        kind, value = node
        if kind in _REPEATS and value[1] > 1:
            yield lead, sample(value[2], flags)
        inner = {op.SUBPATTERN: lambda v: [v[3]], op.BRANCH: lambda v: v[1], op.ATOMIC_GROUP: lambda v: [v]}
        inner |= dict.fromkeys(_REPEATS, lambda v: [v[2]]) | {op.ASSERT: lambda v: [v[1]] if v[0] > 0 else []}
        for each in inner.get(kind, lambda v: [])(value):
            yield from repetitions(each, lead, flags)
        lead += sample([node], flags)


def sample(nodes: Sequence[Node], flags: int) -> str:
    """A short text that the nodes take."""
    said = ""
    for kind, value in nodes:
        if kind is op.LITERAL:
            said += chr(value)
        elif _is_single((kind, value)):
            said += next((letter for letter in CANDIDATES if fits((kind, value), letter, flags)), "")
        elif kind in _REPEATS:
            said += sample(value[2], flags) * max(value[0], min(1, value[1]))
        elif kind is op.BRANCH:
            said += sample(value[1][0], flags)
        elif kind is op.SUBPATTERN:
            said += sample(value[3], flags)
        elif kind is op.ATOMIC_GROUP:
            said += sample(value, flags)
    return said


def traps(pattern: re.Pattern[Any], times: int) -> Iterator[str]:
    """Texts with so many of what a pattern repeats."""
    nodes, flags = tree(pattern), pattern.flags
    for lead, body in dict.fromkeys(repetitions(nodes, "", flags)):
        yield lead + body * times
        yield lead + body * times + "\x00"
        yield (lead + body) * times
        yield (lead + body * 20) * (times // 20)
    whole = sample(nodes, flags)
    yield whole[:-1] * times


def steps(pattern: re.Pattern[Any], text: str, anchored: bool = False) -> int:
    """The steps of finding all that a pattern finds in a text, or what it finds at its beginning."""
    counter = Counter(pattern, text)
    return counter.match() if anchored else counter.search_all()
