"""The scanner takes any bytes: bounded, linear, and it says what was wrong."""

from hypothesis import given
from hypothesis import strategies as st

from retour.mime import scan

_PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: text/plain; charset=utf-8\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Type: message/delivery-status\n",
        b"--b\n",
        b"--b--\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\xff\x00",
        b"Subject: =?utf-8?q?a=C3=A4?= =?x?b?!!?=\n",
        b"  folded\n",
    ]
)
mails = st.one_of(st.binary(max_size=2000), st.lists(_PIECES, max_size=40).map(b"".join))


@given(mails)
def test_any_bytes_have_parts_with_text(raw: bytes) -> None:
    mail = scan(raw)
    assert all(isinstance(part.text(), str) for part in mail.parts)
    assert len(mail.parts) <= 50
