"""The scanner takes any bytes: bounded, linear, and it says what was wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.mime import Block, Mail, scan
from retour.mime.encoded import decode_text, decode_words
from retour.mime.limits import EXAMINED

PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/plain; charset=utf-8\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Type: message/delivery-status\n",
        b"--b\n",
        b"--b--\n",
        b"\n",
        b"\xff\x00",
        b"Subject: =?utf-8?q?a=C3=A4?= =?x?b?!!?=\n",
        b"  folded\n",
    ]
)
MAILS = st.one_of(st.binary(max_size=2000), st.lists(PIECES, max_size=40).map(b"".join))


def texts(mail: Mail) -> list[str]:
    return [part.text() for part in mail.parts]


@given(MAILS)
def test_any_bytes_have_parts_with_text(raw: bytes) -> None:
    mail = scan(raw)
    assert all(isinstance(text, str) for text in texts(mail))
    assert len(mail.parts) <= 50


@given(MAILS.filter(lambda raw: b"\r" not in raw))
def test_line_endings_make_no_difference(raw: bytes) -> None:
    mail, other = scan(raw), scan(raw.replace(b"\n", b"\r\n"))
    assert (texts(mail), mail.defects) == (texts(other), other.defects)


def nested(levels: int) -> bytes:
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(levels)
    )


HOSTILE = {
    "5,000 nested parts": (nested(5000), "too_complex"),
    "100,000 empty parts": (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000,
        "too_complex",
    ),
    "20,000 empty multiparts": (
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: multipart/x; boundary=c\n\n--c--\n" * 20_000,
        "too_complex",
    ),
    "150 kB in one header": (b"X-Long: " + b"a" * 150_000 + b"\n\nwords", "too_complex"),
    "150 kB in a folded header": (b"X-Long: " + b"a\n " * 50_000 + b"\n\nwords", "too_complex"),
    "17 kB in one header": (b"Subject: " + b"a" * 17_000 + b"\n\nwords", "too_complex"),
    "501 headers": (b"X-Many: a\n" * 501 + b"\nwords", "too_complex"),
    "16,000 parameters": (b"Content-Type: text/plain" + b"; a=b" * 16_000 + b"\n\nwords", "too_complex"),
    "50 MB": (b"Subject: big\n\n" + b"a" * (50 * 1024 * 1024), "truncated"),
    "no headers": (b"\x00\x01\x02 binary \xff", "no_headers"),
    "an unclosed multipart": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n",
        "multipart_unclosed",
    ),
    "a multipart without boundary": (b"Content-Type: multipart/mixed\n\nwords\n", "boundary_missing"),
    "an unknown charset": (b"Content-Type: text/plain; charset=klingon\n\nwords", "unknown_charset"),
    "a codec that is no charset": (b"Content-Type: text/plain; charset=punycode\n\nwords", "unknown_charset"),
    "a codec that warns": (b"Content-Type: text/plain; charset=unicode_escape\n\n\\q", "unknown_charset"),
    "a codec that unescapes": (
        b"Content-Type: text/plain; charset=raw-unicode-escape\n\n\\u0041",
        "unknown_charset",
    ),
    "broken base64": (b"Content-Transfer-Encoding: base64\n\nd29yZ", "broken_encoding"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_is_a_named_defect(case: str) -> None:
    raw, defect = HOSTILE[case]
    mail = scan(raw)
    assert all(isinstance(text, str) for text in texts(mail))
    assert defect in mail.defects
    assert sum(len(part.raw) for part in mail.parts) <= EXAMINED


@pytest.mark.parametrize("case", ["150 kB in one header", "501 headers", "16,000 parameters"])
def test_the_body_behind_too_many_headers_is_still_read(case: str) -> None:
    assert texts(scan(HOSTILE[case][0])) == ["words"]


def test_leaves_come_in_order_with_their_types() -> None:
    mail = scan(
        b'Content-Type: multipart/report; boundary="a b"\n\npreamble\n--a b\n\nfirst\n'
        b"--a b  \nCONTENT-TYPE: Message/Delivery-Status\n\nStatus: 5.1.1\n"
        b"--a b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>\n--c--\n"
        b"--a b--\nepilogue\n"
    )
    assert [part.type for part in mail.parts] == [b"text/plain", b"message/delivery-status", b"text/html"]
    assert texts(mail)[0] == "first"
    assert mail.defects == []


def test_a_longer_line_is_no_delimiter() -> None:
    mail = scan(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bb\ntwo\n--b--\n")
    assert texts(mail) == ["one\n--bb\ntwo"]


@pytest.mark.parametrize(
    "parameter",
    [b"boundary*=us-ascii''a%20b", b'boundary*0="a "; boundary*1="b"', b'BOUNDARY = "a b"'],
)
def test_a_boundary_in_any_of_its_forms(parameter: bytes) -> None:
    mail = scan(b"Content-Type: multipart/mixed;\n\t" + parameter + b"\n\n--a b\n\nwords\n--a b--\n")
    assert texts(mail) == ["words"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-1", b"f\xfcr"),
        (b"Content-Type: text/plain; charset=windows-1252", b"f\xfcr"),
        (b"Content-Type: text/plain", b"f\xc3\xbcr"),
        (b"Content-Type: text/plain", b"f\xfcr"),
        (
            b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable",
            b"f=C3=BC=\nr",
        ),
        (b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: BASE64', b"ZsO8cg=="),
        (b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", b"Zs!O8\ncg"),
        (b"Content-Type: text/plain; charset=utf-7-of-our-own", b"f\xc3\xbcr"),
    ],
)
def test_text_in_many_wrappings(headers: bytes, body: bytes) -> None:
    assert texts(scan(headers + b"\n\n" + body)) == ["für"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?utf-8?q?f=C3=BCr?= =?utf-8?q?_dich?=", "für dich"),
        (b"=?iso-8859-1?B?Zvxy?=\n =?utf-8?b?IGRpY2g=?=", "für dich"),
        (b"=?utf-8*de?q?f=C3=BCr?= dich", "für dich"),
        (b"=?klingon?q?abc?=", "abc"),
        (b"=?utf-8?q?", "=?utf-8?q?"),
        (b"f\xfcr", "für"),
    ],
)
def test_encoded_words(value: bytes, text: str) -> None:
    assert scan(b"Subject: " + value + b"\n\n").head.text(b"subject") == text


def test_fields_are_found_by_name_only_at_the_beginning_of_a_line() -> None:
    block = Block(b"X-Subject: no\nSubject:  two\n lines \nTo: a\nTo: b")
    assert block.value(b"subject") == b"two lines"
    assert block.values(b"to") == [b"a", b"b"]
    assert block.value(b"cc") == b""
    assert not block.has(b"cc")


def test_an_mbox_line_is_no_header() -> None:
    assert (
        scan(b"From ann@dest.test Mon Mar  2 09:00:00 2026\nSubject: x\n\nwords").head.value(b"subject")
        == b"x"
    )


@pytest.mark.parametrize(
    ("words", "charset"),
    [
        ("Сообщение не доставлено: нет такого пользователя", "koi8-r"),
        ("не доставлено", "koi8-r"),
        ("Сообщение не доставлено: нет такого пользователя", "cp1251"),
        ("メールを配信できませんでした", "euc-jp"),
        ("メールを配信できませんでした", "shift_jis"),
        ("メールを配信できませんでした", "iso-2022-jp"),
        ("无法投递邮件，收件人不存在", "gb18030"),
        ("無法傳遞郵件，收件者不存在", "big5"),
        ("메일을 보내지 못했습니다. 없는 사용자입니다", "euc-kr"),
        ("Empfänger unbekannt, Größe für Übermittlung", "cp1252"),
        ("Empfänger unbekannt", "utf-8"),
    ],
)
def test_words_in_a_charset_that_nobody_names_are_read(words: str, charset: str) -> None:
    assert decode_text(words.encode(charset)) == words


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "us-ascii", "unknown-8bit"])
def test_utf_8_under_another_name_is_read(charset: str) -> None:
    words = "Nachricht nicht zugestellt: Empfänger unbekannt, größer als möglich, üblich"
    assert decode_text(words.encode(), charset) == words


def test_a_few_lost_octets_do_not_change_the_charset() -> None:
    words = "Письмо не доставлено".encode()
    assert "доставлено" in decode_text(words[:9] + b"\xff" + words[9:], "utf-8")


def test_a_word_cut_within_a_character_is_joined() -> None:
    assert decode_words(b"=?utf-8?Q?Gr=C3?= =?UTF-8?B?tsOfZQ==?= =?iso-8859-1?Q?=FC?=") == "Größeü"
