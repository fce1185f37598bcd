"""Where an address stands in a text, in whatever spelling: what an erasure looks for.

A spelling is anything that normalises to the address, and the forms in which programs write one into another:
"ann=b.example" in a return path, "ann%40b.example" in a link, "\\\\u00fc" in JSON, encoded lines in a mail.
"""

import binascii
import json
import quopri
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, unquote

from retour.address import PROVIDERS, domain_of, normalise

ERASED = "***"
_URL_SAFE = str.maketrans("-_", "+/")

# Anything with an @ that could be read as an address: what delimits one in mails, logs and JSON ends it.
_TOKEN = re.compile(r"""[^\s<>()\[\]{}:;,"'`@\\|]{1,255}@[\w.\-]{1,255}""")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{40,}={0,2}\s{1,2})*[A-Za-z0-9+/]{16,}={0,2}")
_SOFT = re.compile(rb"=[0-9A-Fa-f]{2}|=\r?\n")
# In a text, as links carry addresses: "https://x.example/out/YW5uQGIuZXhhbXBsZQ".
_CODED = re.compile(r"[A-Za-z0-9_\-]{16,}|[A-Za-z0-9+/]{16,}")
_HEX = re.compile(r"[0-9a-f\-]+")  # ids and digests, which are many and hold no address
_WORD = re.compile(r"""[^\s"<>\[\]{},\\]+""")


ALIKE = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}
"""What a pattern takes for other letters when it ignores case, though they are others in small letters."""


class Octets(ABC):
    """Octets read as texts, by whoever tells what a text holds."""

    @abstractmethod
    def holds(self, text: str) -> bool:
        """Whether what is looked for stands in a text."""

    def holds_octets(self, raw: bytes) -> bool:
        """Whether it stands in octets: plainly, or in lines encoded as mails encode them."""
        if self._in_any(raw) or (_SOFT.search(raw) and self._in_any(quopri.decodestring(raw))):
            return True
        return any(self._in_any(_decoded(found[0])) for found in _BASE64.finditer(raw))

    def _in_any(self, raw: bytes) -> bool:
        return any(self.holds(text) for text in _texts(raw))


class Traces(Octets):
    """The traces of one normalised address."""

    def __init__(self, address: str) -> None:
        self._address = address
        local, domain = address.rpartition("@")[0], domain_of(address)
        read = shown(domain)
        same = {name for name, rule in PROVIDERS.items() if rule.domain == domain}
        self._needles = sorted({domain, read.lower(), *same})
        """One of these stands, in small letters, in every text that holds the address as it is."""
        names = {domain, read}
        whole = _written({f"{local}@{name}" for name in names})
        within = _written({form for name in names for form in (f"{local}={name}", f"{name}={local}")})
        # Bounded at both ends: "ann@b.example" is no trace of "joann@b.example" or of "ann@b.example.org".
        # In a return path of somebody's, other words stand before it.
        self._forms = re.compile(
            rf"(?:(?<![\w.+\-])(?:{whole})|(?<![\w.])(?:{within}))(?![\w\-]|\.\w)", re.IGNORECASE
        )

    def holds(self, text: str) -> bool:
        """Whether the address stands in a text: as it is, or as links and pages write it."""
        return self._holds(text) or any(self._holds(each) for each in self._read(text))

    def _holds(self, text: str) -> bool:
        lowered = small(text)
        if not any(needle in lowered for needle in self._needles):
            return ("%" in text or "\\" in text) and self._forms.search(text) is not None
        return self._forms.search(text) is not None or any(self._is_meant(token) for token in tokens(text))

    def _read(self, text: str) -> Iterator[str]:
        """What a text says to whoever follows its links or sees its page."""
        yield from followed(text)
        for octets in coded(text):
            told = octets.decode("utf-8", "replace")
            if any(needle in small(told) for needle in self._needles):
                yield told

    def scrubbed(self, text: str) -> str:
        """The text without the address."""
        once = self._forms.sub(ERASED, text)
        twice = _TOKEN.sub(lambda found: ERASED if self._is_meant(found[0]) else found[0], once)
        if not self.holds(twice):
            return twice
        return _WORD.sub(lambda found: ERASED if self.holds(found[0]) else found[0], twice)

    def _is_meant(self, token: str) -> bool:
        return self._address in meanings(token)


def small(text: str) -> str:
    """A text in the small letters of patterns that ignore case."""
    return text.lower() if text.isascii() else text.translate(ALIKE).lower()


def followed(text: str) -> Iterator[str]:
    """A text as those read it who follow its links or see its page."""
    if "%" in text:
        yield unquote(text)
    if "&#" in text or "&commat" in text:
        yield unescape(text)


def coded(text: str) -> Iterator[bytes]:
    """What links of a text carry in base64, as far as it may hold an address."""
    for found in _CODED.finditer(text):
        if _HEX.fullmatch(found[0]):
            continue
        letters = found[0].translate(_URL_SAFE).encode()
        for start in range(4):  # where it begins nobody knows: "/" and "-" are letters of base64 as well
            octets = _decoded(letters[start:])
            if b"@" in octets:
                yield octets


def tokens(text: str) -> Iterator[str]:
    """Whatever could be read as an address."""
    return (found[0] for found in _TOKEN.finditer(text))


def meanings(token: str) -> tuple[str | None, str | None]:
    """The addresses that a token may be."""
    plain = token.rstrip(".-_")
    bare = plain.strip("*=.-/")
    first = normalise(plain)
    return first, first if bare == plain else normalise(bare)


def _written(forms: set[str]) -> str:
    """A pattern for these, also as they stand in links and in JSON."""
    told = forms | {quote(form, safe="") for form in forms} | {json.dumps(form)[1:-1] for form in forms}
    return "|".join(re.escape(form) for form in sorted(told, key=len, reverse=True))


def _texts(raw: bytes) -> Iterator[str]:
    """Octets in the charsets that they may be written in."""
    try:
        yield raw.decode()
    except UnicodeDecodeError:
        yield raw.decode("utf-8", "replace")
        yield raw.decode("cp1252", "replace")
    if b"\0" in raw:
        yield raw.decode("utf-16-le", "replace")
        yield raw.decode("utf-16-be", "replace")


def _decoded(encoded: bytes) -> bytes:
    letters = b"".join(encoded.split()).rstrip(b"=")
    try:
        whole = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    except binascii.Error:
        return b""


def shown(domain: str) -> str:
    """The domain as people read it."""
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label[4:].encode().decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)
