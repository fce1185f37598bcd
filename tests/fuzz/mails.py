"""Strategies that build what servers, and whoever plays one, could send: whole, broken, bent and nested."""

from base64 import b64encode
from quopri import encodestring

from hypothesis import strategies as st
from tests.fuzz.seeds import seeds

CHARSETS = (
    *("us-ascii", "utf-8", "iso-8859-1", "windows-1252", "koi8-r", "iso-2022-jp", "shift_jis", "euc-jp"),
    *("gb18030", "gbk", "hz", "big5", "euc-kr", "iso-2022-kr", "utf-16", "utf-32", "utf-7", "punycode"),
    *(
        "idna",
        "unicode_escape",
        "rot13",
        "base64",
        "zlib",
        "hex",
        "mbcs",
        "x-unknown",
        "",
        "'",
        "\0",
        "a" * 50,
    ),
)
TYPES = (
    *(
        "text/plain",
        "text/html",
        "multipart/mixed",
        "multipart/report",
        "multipart/",
        "message/rfc822",
        "text/",
    ),
    *(
        "message/delivery-status",
        "message/global-delivery-status",
        "message/feedback-report",
        "message/partial",
    ),
    *("message/disposition-notification", "text/rfc822-headers", "application/octet-stream", "nonsense", ""),
)
ENCODINGS = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "BASE64 ; x", "")
ADDRESSES = st.one_of(
    st.sampled_from(
        ("ann@dest.test", '"a b"@dest.test', "jos\u00e9@d\u00e9st.test", "a@[192.0.2.1]", "<>", "a@b@c.test")
    ),
    st.from_regex(r"[a-z.+\"<(]{0,8}@[a-z.\[\]-]{0,12}", fullmatch=True),
)
WORDS = st.sampled_from(
    (
        *(
            "550 5.1.1",
            "<",
            ">:",
            "user unknown",
            "mailbox full",
            "could not be delivered",
            "said:",
            "host mx.test",
        ),
        *(
            "[192.0.2.1]",
            "will be retried",
            "\u914d\u4fe1\u4e0d\u80fd",
            "unzustellbar",
            "(",
            ")",
            "\t",
            "\xa0",
            "\x85",
            "\u2028",
        ),
        *(
            "Undelivered Mail",
            "Delivery Status Notification (Failure)",
            "Out of office",
            "5.2.2",
            "4.4.7",
            "https://x.test",
        ),
        *(
            "----- Transcript of session follows -----",
            ">>> RCPT To:<ann@dest.test>",
            "<<< 550 no",
            "Message-ID: <a@b>",
        ),
        *(
            "--- Below this line is a copy of the message.",
            "Received: from x",
            "[retour:stopped]",
            "notificationType {",
        ),
    )
)
NAMES = (
    *("From", "To", "Subject", "Date", "Message-ID", "Return-Path", "X-Failed-Recipients", "Auto-Submitted"),
    *("Precedence", "References", "In-Reply-To", "Content-Disposition", "MIME-Version", "X-", "", "\xff"),
)
FIELDS = (
    *(
        "Reporting-MTA",
        "Final-Recipient",
        "Original-Recipient",
        "Action",
        "Status",
        "Remote-MTA",
        "Diagnostic-Code",
    ),
    *(
        "Last-Attempt-Date",
        "Original-Envelope-Id",
        "X-Postfix-Sender",
        "Feedback-Type",
        "Original-Rcpt-To",
        "Arrival-Date",
    ),
)
TEXTS = st.lists(st.one_of(WORDS, ADDRESSES, st.text(max_size=12)), max_size=12).map(" ".join)


@st.composite
def encoded_words(draw: st.DrawFn) -> bytes:
    """An encoded word, or what looks like one (RFC 2047)."""
    charset = draw(st.sampled_from(CHARSETS)).encode("latin-1")
    data = draw(st.one_of(st.binary(max_size=30), TEXTS.map(str.encode)))
    how = draw(st.sampled_from((b"b", b"Q", b"x", b"")))
    text = b64encode(data) if how == b"b" else data.hex("=").encode()
    return b"=?%s?%s?%s%s" % (charset, how, text, draw(st.sampled_from((b"?=", b"?", b""))))


VALUES = st.one_of(TEXTS.map(str.encode), encoded_words(), st.binary(max_size=40), ADDRESSES.map(str.encode))
FOLDS = st.sampled_from((b"", b"\n ", b"\n\t", b"\n", b" \r\n "))


@st.composite
def fields(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """Some header lines, folded and unfolded, whole and not."""
    lines = draw(
        st.lists(
            st.tuples(
                st.sampled_from(names), st.sampled_from((b": ", b":", b" : ", b"")), VALUES, FOLDS, VALUES
            ),
            max_size=8,
        )
    )
    return b"".join(
        b"%s%s%s%s%s\n" % (name.encode("latin-1"), colon, value, fold, more)
        for name, colon, value, fold, more in lines
    )


def _typed(draw: st.DrawFn, boundary: bytes) -> bytes:
    charset = draw(st.sampled_from(CHARSETS)).encode("latin-1")
    form = draw(
        st.sampled_from(
            (
                b"Content-Type: %s; boundary=%s; charset=%s\n",
                b'content-type:\n %s; boundary="%s"; charset="%s"\n',
                b"Content-Type: %s; boundary*0*=utf-8''%s; charset*=%s\n",
            )
        )
    )
    return form % (draw(st.sampled_from(TYPES)).encode(), boundary, charset)


BODIES = st.one_of(
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: text.replace(" ", "\n").encode("utf-16")),
    st.lists(TEXTS, max_size=6).map(lambda lines: "\n".join(lines).encode()),
    st.lists(fields(FIELDS), max_size=5).map(b"\n".join),
    st.lists(
        st.sampled_from(
            ("<p>", "</p>", "<br>", "<style>", "</style>", "&#55296;", "&amp", "<!--", "x", "a@b.test")
        ),
        max_size=20,
    ).map(lambda tags: "".join(tags).encode()),
    st.binary(max_size=200),
)


@st.composite
def parts(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A part with its headers; multiparts hold others, closed or not."""
    boundary = draw(st.sampled_from((b"b", b"bb", b"b b", b"", b"=_1")))
    encoding = draw(st.sampled_from(ENCODINGS)).encode()
    head = _typed(draw, boundary) + (b"Content-Transfer-Encoding: %s\n" % encoding if encoding else b"")
    if depth < 4 and draw(st.booleans()):
        inner = draw(st.lists(parts(depth + 1), max_size=4))
        body = b"".join(b"--%s\n%s\n" % (boundary, each) for each in inner)
        return head + b"\n" + body + draw(st.sampled_from((b"--%s--\n" % boundary, b"")))
    body = draw(BODIES)
    if encoding == b"base64" and draw(st.booleans()):
        body = b64encode(body)
    elif encoding == b"quoted-printable":
        body = encodestring(body)
    return head + draw(st.sampled_from((b"\n", b"", b"\n\n"))) + body


@st.composite
def notices(draw: st.DrawFn) -> bytes:
    """A report of delivery as a server would write it, with one thing or another amiss."""
    groups = draw(st.lists(fields(FIELDS), max_size=6))
    said = draw(TEXTS).encode()
    return (
        b"From: MAILER-DAEMON@out.test\n%sContent-Type: multipart/report; boundary=b\n\n--b\n\n%s\n"
        b"--b\nContent-Type: message/delivery-status\n\n%s\n--b\nContent-Type: message/rfc822\n\n%s\n--b--\n"
    ) % (draw(fields(NAMES)), said, b"\n".join(groups), draw(fields(NAMES)))


@st.composite
def bent_samples(draw: st.DrawFn) -> bytes:
    """One of our own samples, some of it cut out, doubled, overwritten or moved."""
    raw = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        end = min(len(raw), at + draw(st.integers(0, 200)))
        raw[at:end] = draw(
            st.sampled_from((b"", bytes(raw[at:end]) * 2, b"\n", b"\xff", b"\0", b"\r", b"--b\n", b"=?b?="))
        )
    return bytes(raw)


SAMPLES = list(seeds("parse"))
MAILS = st.one_of(
    st.tuples(fields(NAMES), parts()).map(b"".join), notices(), bent_samples(), st.binary(max_size=2000)
)
