"""Short sentences about a recipient, read where no phrase says anything clear: a noun and what is said of it.

Phrases are what servers are known to write. Sentences are how they write: "the mailbox of <a@b> could not
be located" has a noun (mailbox) and a state (could not be located), with nothing but names and small words
between them. A word that is not known ends the sentence: "user certificate not found" is about a certificate.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from retour.accents import in_ascii
from retour.automaton import automaton
from retour.classify.phrases import WITHIN_WORD, search
from retour.classify.rulebook import Rule, Sentence
from retour.classify.spans import Span

REACH: Final = 8  # words between a state and its noun, and before the noun, that are looked at
NEAR: Final = 3  # words before a phrase that may turn it to somebody else
SPAN: Final = 160  # characters on either side of a state
_EDGES: Final = "<>()[]{}'\"`:;,.!?*=#-"
_NAME: Final = re.compile(r"[@\d_]|\w\.\w")  # an address, a number, a host or an identifier
_END: Final[tuple[str, ...]] = (".", "!", "?")
# "the user has disabled notifications": who does it
_ACTIVE: Final[tuple[str, ...]] = ("has", "have", "had", "ha", "hat", "heeft")
# "service for this mailbox has been terminated" is the end of the mailbox
_HIS: Final[tuple[str, ...]] = ("service", "access")
# What is read in the gap of a phrase, and nowhere else.
_GAPS: Final[tuple[str, ...]] = ("thing", "said", "within", "belonging")
_MODAL: Final = re.compile(r"s? (?:may|must|should|are|will)\b")


class Sentences:
    """The sentences of a rulebook, made ready."""

    def __init__(
        self,
        sentences: Sequence[Sentence],
        words: Mapping[str, Iterable[str]],
        rules: Sequence[Rule],
        fast: bool = True,
    ):
        """`words`: by kind of noun its words; "small" and "adjective" stand between, "doubt" is another's.

        Unless `fast`, the standard library alone is used.
        """
        places = {rule.id: place for place, rule in enumerate(rules)}
        self._kinds = {word: kind for kind, nouns in words.items() if kind not in _GAPS for word in nouns}
        for word, kind in list(self._kinds.items()):
            for plain in in_ascii(word):
                self._kinds.setdefault(plain, kind)
        self._things, self._said, self._within, self._belonging = (
            frozenset(words.get(kind, ())) for kind in _GAPS
        )
        self._others = frozenset(words.get("other", ()))
        self._states: dict[str, list[tuple[int, str, bool]]] = {}
        for sentence in sentences:
            for leads, states in ((True, sentence.leads), (False, sentence.follows)):
                for state in dict.fromkeys(form for said in states for form in (said, *in_ascii(said))):
                    meant = places[sentence.rule], sentence.noun, leads
                    self._states.setdefault(state, []).append(meant)
        self._automaton = automaton(list(self._states), wanted=fast)
        self._pattern: re.Pattern[str] | None = None  # without the automaton; made when first needed

    def find(self, text: str) -> Iterator[Span]:
        """The place of the rule, start and end of each sentence in a text in normal form."""
        for start, end in self._places(text):
            if text[end : end + 1].isalnum():
                continue
            for place, noun, leads in self._states[text[start:end]]:
                found = self._led(text, start, end) if leads else self._precedes(text, start)
                if found == noun:
                    yield place, start, end

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Start and end of the longest state at each place where a word starts."""
        if self._automaton is None:
            if self._pattern is None:
                self._pattern = search(self._states)
            return [(at.start(), at.start() + len(at[1])) for at in self._pattern.finditer(f" {text}")]
        longest: dict[int, int] = {}
        for _, start, end in self._automaton(text):
            if not (start and text[start - 1] in WITHIN_WORD):
                longest[start] = max(end, longest.get(start, 0))
        return sorted(longest.items())

    def turns(self, text: str, start: int, end: int) -> bool:
        """Whether the words of a phrase, or those around it, name another than the recipient.

        "Host name of the client not found", "the sender's address is unknown", "unknown users may not post".
        """
        before, said = text[max(0, start - SPAN) : start], text[start:end].split()
        for word in [*before.rsplit(None, NEAR)[-NEAR:], *said]:
            if word.strip(_EDGES).removesuffix("'s") in self._others:
                return True
        if self._is_of_a_thing(before, said) or self._leads_on(said[-1], text, end):
            return True
        return text[end : end + 1] in ("", " ", "s") and bool(_MODAL.match(text, end))

    def _is_of_a_thing(self, before: str, words: list[str]) -> bool:
        """Whether a state is another thing's: "mailbox [database] disabled", "le fichier [n'existe pas]".

        Not where the recipient is looked for in it: "user [x in our database] not found".
        """
        kind, near = self._kind(words[0]), before[-SPAN // 2 :].split()
        if kind in ("domain", "small"):
            return False
        if kind is None and before.endswith(" "):
            return near != [] and self._is_thing(near[-1])
        if before.endswith(" ") and self._names_a_thing(near):
            return True
        if words[0].endswith("'s") and self._kind(words[1]) is None and words[1] not in self._said:
            return True  # "recipient's license was not found"
        end = len(words)
        while end > 2 and words[end - 1] in self._said:
            end -= 1
        if end == len(words) or not self._is_thing(words[end - 1].strip(_EDGES)):
            return False
        return self._within.isdisjoint(words[max(0, end - NEAR - 1) : end - 1])

    def _names_a_thing(self, words: list[str]) -> bool:
        """Whether what follows only says whose a thing is: "delivery agent for this [mailbox not found]"."""
        while words and words[-1] not in self._belonging and self._kind(words[-1]) == "adjective":
            words.pop()
        if len(words) < 2 or words[-1] not in self._belonging:
            return False
        return words[-2] not in _HIS and self._is_thing(words[-2])

    def _leads_on(self, last: str, text: str, end: int) -> bool:
        """Whether the noun that ends a phrase only describes the next: "unknown user [key]"."""
        if text[end : end + 1] != " " or self._kind(last) != "recipient" or last[-1] in _EDGES:
            return False
        after = text[end : end + SPAN // 4].split(None, 1)[:1]
        return after != [] and (
            self._is_thing(after[0].strip(_EDGES)) or after[0].strip(_EDGES) in self._others
        )

    def _is_thing(self, word: str) -> bool:
        return word in self._things or word.removesuffix("s") in self._things

    def _led(self, text: str, start: int, end: int) -> str | None:
        """The kind of the noun behind a state, unless said of many: "percentage of [invalid recipients]"."""
        before = text[max(0, start - SPAN) : start].split()[-NEAR:]
        return None if any(self._kind(word) == "other" for word in before) else self._follows(text, end)

    def _follows(self, text: str, end: int) -> str | None:
        """The kind of the noun behind a state that leads: "no such [local] user"."""
        words = text[end : end + SPAN].split()[:REACH]
        for place, word in enumerate(words):
            kind = self._kind(word)
            if kind in (None, "small", "doubt", "other") or (kind == "adjective" and word.endswith(_END)):
                return None
            if kind != "adjective":  # "unknown user agent" is about an agent
                is_last = word[-1] in _EDGES or place + 1 == len(words)
                after = None if is_last else self._kind(words[place + 1])
                return kind if is_last or after not in (None, "doubt", "other") else None
        return None

    def _precedes(self, text: str, start: int) -> str | None:
        """The kind of the noun before a state; "recipient" where only an address stands there."""
        words = text[max(0, start - SPAN) : start].split()[-REACH:]
        address = False
        if words and words[-1] in _ACTIVE:
            return None
        while words:
            word = words.pop()
            kind = self._kind(word)
            if word.endswith(_END) or kind is None:
                break
            address = address or "@" in word
            if kind not in ("small", "adjective"):
                return None if self._is_doubted(words) or self._names_a_thing(words) else kind
        return "recipient" if address and not self._is_doubted(words) else None

    def _is_doubted(self, words: Sequence[str]) -> bool:
        """Whether the words before a noun name another than the recipient, or make it a condition."""
        return any(self._kind(word) in ("doubt", "other") for word in words[-NEAR:])

    def _kind(self, word: str) -> str | None:
        bare = word.strip(_EDGES).removesuffix("'s")
        if not bare or (not bare.isalpha() and _NAME.search(bare)):
            return "small"
        return self._kinds.get(bare)
