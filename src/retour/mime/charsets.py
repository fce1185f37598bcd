"""Which charset a text is really in: by its name, or by its octets where that name cannot be right."""

import codecs
import re
from functools import lru_cache
from typing import Final

UTF8: Final = "utf-8"
WESTERN: Final = "cp1252"
# Codecs that are no charsets of mail, by the name they give themselves; punycode and idna would be slower
# than linear on hostile bytes, and what is escaped would be unescaped twice, with a warning.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined", "charmap", "mbcs"}
)
# Names that say nothing, or that all mean what US-ASCII is a part of.
_UTF8_NAMES: Final = frozenset(
    (
        *("", "us-ascii", "ascii", "ansi_x3.4-1968", "utf-8", "utf8", "utf8mb4", "utf-8mb4", "unicode"),
        *("7bit", "8bit", "binary", "default", "none", "unknown", "x-unknown", "x-user-defined"),
        *("unknown-8bit", "unknown-7bit"),
    )
)
# The superset that programs mean by a name (WHATWG Encoding §4.2), and names that Python does not know.
_MEANT: Final = {
    "latin_1": WESTERN,  # C1 controls are never meant
    "iso-8859-1": WESTERN,
    "latin-1": WESTERN,
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "cn-gb": "gb18030",
    "big5": "cp950",
    "big5-tw": "cp950",
    "x-big5": "cp950",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-iso-2022-jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "x-windows-949": "cp949",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8": "koi8_r",
    "koi8-ru": "koi8_u",
}
# QUIRK: Windows programs name the ISO charset and write their own, which has letters where ISO has controls
# (414-windows-named-as-iso).
_WITH_LETTERS: Final = {
    "iso8859-2": "cp1250",
    "iso8859-7": "cp1253",
    "iso8859-13": "cp1257",
    "iso8859-15": WESTERN,
}
_WINDOWS_NAME: Final = re.compile(r"(?:x-)?(?:windows|win|cp|ansi)[-_]?(\d{3,4})")
_CONTROLS: Final = re.compile(rb"[\x80-\x9f]")
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_DOUBLE: Final = frozenset(("gb18030", "cp950", "cp932", "euc_jp", "cp949"))
_SEVEN_BITS: Final[tuple[str, ...]] = ("iso2022", "hz")
_LOOKED_AT: Final = 4096  # octets that a guess is made from
_MOSTLY: Final = 4  # a text is UTF-8 when that many times as many characters are as are not
_ENOUGH: Final = 12  # octets above ASCII that cannot be UTF-8 by accident, in charsets of two octets


@lru_cache(maxsize=256)
def charset_codec(name: str) -> str | None:
    """Python's codec of a charset name, None for an unknown or unsuitable one."""
    name = name.strip().strip("'\"").strip().lower()
    if name in _UTF8_NAMES:
        return UTF8
    windows = _WINDOWS_NAME.fullmatch(name)
    name = _MEANT.get(name) or (f"cp{windows[1]}" if windows else name)
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if codec.name in _NO_CHARSETS or not getattr(codec, "_is_text_encoding", True):
        return None
    return _MEANT.get(codec.name.replace("_", "-")) or (WESTERN if codec.name == "iso8859-1" else codec.name)


def decode_named(data: bytes, codec: str) -> str:
    """The text of octets said to be in a charset; read otherwise where they show that they are in another."""
    if codec.startswith(_SEVEN_BITS):
        return _replaced(data, codec)
    if data.isascii():
        return decode_escaped(data) if b"\x1b$" in data else _replaced(data, codec)
    try:
        text = data.decode(codec)
    except UnicodeError:
        named = codec not in _DOUBLE and codec != WESTERN and not codec.startswith("utf")
        return _replaced(data, codec) if named and not _decodes(data, UTF8) else decode_guessed(data)
    if codec not in _DOUBLE or len(data) - len(text) > _ENOUGH // 2:
        try:
            return data.decode(UTF8)  # QUIRK: UTF-8 under another name (410-utf8-named-as-latin1)
        except UnicodeError:
            pass
    if codec in _WITH_LETTERS and _CONTROLS.search(data):
        return _replaced(data, _WITH_LETTERS[codec])
    if codec == WESTERN and _is_no_latin(data):
        return decode_guessed(
            data
        )  # QUIRK: any charset under the commonest name (411-cyrillic-named-as-latin1)
    return text


def decode_guessed(data: bytes) -> str:
    """The text of octets whose charset nobody has told: UTF-8, else what their pattern suggests."""
    text = data.decode(UTF8, "replace")
    wrong = text.count("\ufffd")
    # Cut in the middle of the last character is still UTF-8, and so is what a few octets were lost of.
    if text.endswith("\ufffd") and wrong == 1:
        return text
    if sum(character > "\x7f" for character in text) > _MOSTLY * wrong:
        return text
    return _replaced(data, guessed(data[:_LOOKED_AT]))


def decode_escaped(data: bytes) -> str:
    """The text of seven-bit octets with the escape sequences of ISO 2022, whatever they are called."""
    return _replaced(data, "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_ext")


def guessed(data: bytes) -> str:
    """The codec that octets above ASCII look like, which are no UTF-8; Latin ones stand alone in ASCII."""
    if not _is_no_latin(data):
        return WESTERN
    high = b"".join(_HIGH.findall(data))
    leads = high[::2]
    # Letters of one octet: KOI8-R has small ones where 1251 has capitals. Of two octets some would be lower.
    if _share(high, 0xC0, 0xFF) > 0.97:
        return "koi8_r" if _share(high, 0xC0, 0xDF) > 0.6 else "cp1251"
    if all(len(run) % 2 == 0 for run in _HIGH.findall(data)) and not _CONTROLS.search(data):
        if _decodes(data, "euc_jp") and _share(leads, 0xA4, 0xA5) > 0.2:  # JIS X 0208 rows 4, 5: kana
            return "euc_jp"
        if _share(leads, 0xB0, 0xC8) > 0.9 and _decodes(data, "cp949"):  # KS X 1001 rows 16-40: Hangul
            return "cp949"
        if _share(leads, 0xB0, 0xD7) > 0.7 and _decodes(data, "gb18030"):  # GB 2312 rows 16-55: level 1
            return "gb18030"
    if _share(high, 0x81, 0x83) > 0.2 and _decodes(data, "cp932"):  # JIS X 0208 rows 1-5 in Shift_JIS
        return "cp932"
    if _share(high, 0xC0, 0xFF) > 0.9:
        return "koi8_r" if _share(high, 0xC0, 0xDF) > 0.6 else "cp1251"
    return next((codec for codec in ("cp950", "gb18030") if _decodes(data, codec)), WESTERN)


def _is_no_latin(data: bytes) -> bool:
    """Whether most octets above ASCII stand three and more in a row: words of another alphabet."""
    runs = [len(run) for run in _HIGH.findall(data[:_LOOKED_AT])]
    return sum(length for length in runs if length > 2) * 2 > sum(runs)


def _share(octets: bytes, first: int, last: int) -> float:
    return sum(first <= octet <= last for octet in octets) / len(octets)


def _decodes(data: bytes, codec: str) -> bool:
    """Whether octets are of a charset; the last character may be cut."""
    try:
        data[:-1].decode(codec)
    except UnicodeError as error:
        return isinstance(error, UnicodeDecodeError) and error.start >= len(data) - 4
    return True


def _replaced(data: bytes, codec: str) -> str:
    return data.decode(codec, "replace")
