"""Many phrases looked up in one text in one pass: the automaton of Aho and Corasick, where it is installed.

`ahocorasick_rs` comes with the extras `fast` and `server`. Without it `automaton` gives None, and whoever
asked looks in his own, slower way with the same result: the library needs nothing but the standard library.
"""

from collections.abc import Callable, Sequence

Find = Callable[[str], list[tuple[int, int, int]]]
"""Text → number of the phrase, start and end of all phrases that stand in it, overlaps included."""

try:
    from ahocorasick_rs import AhoCorasick, Implementation
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True


def automaton(phrases: Sequence[str], wanted: bool = True) -> Find | None:
    """What finds these phrases (none of them empty); None where it is not installed, or not wanted.

    It takes time in proportion to the text and to what is found; a few thousand phrases are built in 20 ms.
    """
    if not (INSTALLED and wanted):
        return None
    built = AhoCorasick(phrases, implementation=Implementation.ContiguousNFA, store_patterns=False)

    def find(text: str) -> list[tuple[int, int, int]]:
        return built.find_matches_as_indexes(text, overlapping=True)

    return find
