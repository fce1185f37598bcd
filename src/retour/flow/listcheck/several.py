"""Several addresses in one cell: where one ends and the next begins.

What cannot be parted stays whole, so that somebody looks at it: an address that is lost here is never missed.
"""

import re

from retour.vet import Code

AT = re.compile(r"[(\[{<]\s*+(?:at|ät|@|Klammeraffe)\s*+[)\]}>]|\s(?:at|ät)\s", re.IGNORECASE)
ANGLE = re.compile(r"<([^<>]*+)>")
MAILTO = re.compile(r"mailto\s*:\s*(?://)?", re.IGNORECASE)
_BOXES = frozenset(("{}", "[]", "()"))
_BETWEEN = re.compile(r"[,;|]")
_EACH_QUOTED = re.compile(r'"[^\s",;|]++"(?:\s*+[,;|]\s*+"[^\s",;|]++")++').fullmatch
_JOINING = frozenset(("und", "and", "oder", "or", "/", "&"))
# A link in HTML, as Access exports one (text#address#), and as a formula of a spreadsheet.
_LINK = re.compile(
    r"(?:<a\s[^<>]*\bhref\s*+=\s*+[\"']{0,2}|#|\bHYPERLINK\([\"']{1,2})(mailto:[^\"'\s<>#]++)", re.IGNORECASE
)
_HELD = re.compile(r"(?<![\w.+\-])[\w.+\-]++@[\w\-]++(?:\.[\w\-]++)*+")
# [text](target) of Markdown, as notes and chats copy addresses.
_MARKDOWN = re.compile(r"\[([^\[\]]*+)\]\(\s*+([^()\s]++)[^()]*+\)")
# Of a page; one with an "@" may be an address that a program took for one.
_PAGE = re.compile(r"(?:(?<=[\s,;|])|\A)(?:https?://|www\.)[^\s,;|<>\"@]++(?!@)", re.IGNORECASE)
_PARTING = re.compile(r"[;|,]\s|\s[/|&–—-]\s|\s(?:und|and|oder|or)\s", re.IGNORECASE)  # signs with a blank
_AROUND = "()<>[]{},;:.|\"'"


def parts_of(text: str, repairs: list[Code]) -> list[str]:
    """The pieces of a cell, an address each as far as they can be told apart; what was done is noted."""
    bare = _unboxed(text, repairs)
    bare = _of_links(bare) or _linked(bare, repairs)
    return _several(_without_pages(bare, repairs))


def _unboxed(text: str, repairs: list[Code]) -> str:
    """Several addresses without the brackets that a database or a program puts around all of them."""
    box = text[:1] + text[-1:]
    if box not in _BOXES or text.count("@") < 2 or not set(box).isdisjoint(text[1:-1]):
        return text
    repairs.append(Code.QUOTES)
    return text[1:-1].strip()


def _of_links(text: str) -> str:
    """The addresses of all links; "" where there are none, or other addresses beside them."""
    found = _LINK.findall(text)
    linked = " ".join(found).lower()
    return "" if any(each.lower() not in linked for each in _HELD.findall(text)) else " ; ".join(found)


def _linked(text: str, repairs: list[Code]) -> str:
    """The addresses of links of Markdown, and what else stands there where it may be one."""
    found: list[str] = []
    for label, target in _MARKDOWN.findall(text):
        is_mail = MAILTO.match(target) is not None
        found += [target] if is_mail else []
        if "@" in label and (not is_mail or label.strip().lower() not in target.lower()):
            repairs.append(Code.SEVERAL_IN_CELL)  # somebody looks at it: it leads elsewhere
            found.append(label)
    if not found:
        return text
    rest = _MARKDOWN.sub(" ", text).strip(" ,;|")
    return " ; ".join([*found, rest] if "@" in rest else found)


def _without_pages(text: str, repairs: list[Code]) -> str:
    """Without the names of pages beside an address; somebody looks at what is left."""
    if "<" in text or not ("//" in text or "www." in text.lower()):
        return text
    rest = _PAGE.sub(" ", text).strip(" ,;|")
    if "@" not in rest or rest == text.strip(" ,;|"):
        return text
    repairs.append(Code.SEVERAL_IN_CELL)
    return rest


def _several(text: str) -> list[str]:
    """The pieces of a cell with several addresses; a comma within a name parts nothing."""
    if text.count("@") + len(AT.findall(text)) < 2:
        return [text]
    if len(ANGLE.findall(text)) > 1:
        parts = [each for part in re.split(r"(?<=>)", text) for each in _listed(part)]
        return [part for part in parts if "@" in part or AT.search(part)]
    if '"' in text:  # around all of them, where a list of one column is read line by line, they part nothing
        if _EACH_QUOTED(text) is not None:
            return [part for part in re.split(r"[\",;|\s]+", text) if part]
        inside = text[1:-1]
        return [text] if '"' in inside or text != f'"{inside}"' else _several(inside)
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    if len(parts) == 1 or not all("@" in part or AT.search(part) for part in parts):
        words = _BETWEEN.sub(" ", text).replace("/", " / ").split()
        parts = [word for word in words if word.lower() not in _JOINING]
    if len(parts) > 1 and all("@" in part or AT.search(part) for part in parts):
        return parts
    parts = [part.strip() for part in _PARTING.split(text) if "@" in part]  # what else stands there is none
    if len(parts) > 1 and all(part.count("@") == 1 for part in parts):
        return parts
    words = [word.strip(_AROUND) for word in text.split() if "@" in word]
    return words if len(words) > 1 and all(word.count("@") == 1 for word in words) else [text]


def _listed(part: str) -> list[str]:
    """The addresses of a part that ends with one in angles: others may stand bare before its name."""
    part = part.strip(" ,;|/")
    name, angle, _ = part.rpartition("<")
    if not angle:
        return [each.strip() for each in _BETWEEN.split(part)]
    bare = [each for each in _BETWEEN.split(name.partition('"')[0])[:-1] if "@" in each]
    own = part[part.index(bare[-1]) + len(bare[-1]) :].strip(" ,;|") if bare else part
    return [*(each.strip() for each in bare), own]
