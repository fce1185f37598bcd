"""Domains of other scripts: the name that counts, and beside it how it is read.

What looks like another name is thereby never shown alone: "xn--l-7sba6dbr.example" stands first.
"""

from unicodedata import normalize

PREFIX = "xn--"


def spoken(address: str) -> str:
    """How the domain of an address is read, where that is not how it is written; else nothing."""
    _, at, domain = address.rpartition("@")
    labels = domain.split(".")
    if not at or not any(label.startswith(PREFIX) for label in labels):
        return ""
    read = [_label(label) for label in labels]
    return "" if None in read else ".".join(label for label in read if label is not None)


def _label(label: str) -> str | None:
    """One label as it is read; None where it is none that anybody could have registered."""
    if not label.startswith(PREFIX):
        return label if _is_plain(label) else None
    try:
        read = label.removeprefix(PREFIX).encode("ascii").decode("punycode")
        again = read.encode("punycode").decode("ascii")
    except UnicodeError:
        return None
    is_same = normalize("NFKC", read.lower()) == read and PREFIX + again == label
    return read if is_same and _is_plain(read) and not read.isascii() else None


def _is_plain(label: str) -> bool:
    return all(sign.isalnum() or sign == "-" for sign in label)
