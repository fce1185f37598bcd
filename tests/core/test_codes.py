"""Reply codes and enhanced codes are found where servers write them, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.codes import codes_in, reply_in, status_in, status_name


@pytest.mark.parametrize(
    ("text", "reply", "status"),
    [
        ("550 5.1.1 User unknown", "550", "5.1.1"),
        ("550-5.1.1 User unknown", "550", "5.1.1"),
        ("550 #5.1.1 User unknown", "550", "5.1.1"),
        ("550 User unknown (#5.1.1)", "550", "5.1.1"),
        ("552 (5.2.2) full", "552", "5.2.2"),
        ("550 [5.7.1] no", "550", "5.7.1"),
        ("Unknown address error 550-'5.7.1 <a@b.test>... Access denied'", "550", "5.7.1"),
        ("554: 5.7.1 no", "554", "5.7.1"),
        ("421 try later", "421", None),
        ("Sorry, no mailbox here by that name. (#5.1.1)", None, "5.1.1"),
        ("5.7.26 unauthenticated", None, "5.7.26"),
        ("ERROR_CODE :550, ERROR_CODE :5.1.1", "550", "5.1.1"),
        ("554 4.4.7 Message expired <421 4.4.2 Connection timed out>", "421", "4.4.2"),
        ("550 4.4.7 expired", "550", "4.4.7"),
        ("Exim 4.96.2 said no", None, None),
        ("connect to 192.0.2.1:450", None, None),
        ("mx[2001:db8::554]", None, None),
        ("from 5.1.1.7", None, None),
        ("id 5.1.1-abc", None, None),
        ("call 555-0100", None, None),
        ("see http://a.test/550/5.1.1", None, None),
        ("", None, None),
    ],
)
def test_codes_in(text: str, reply: str | None, status: str | None) -> None:
    assert codes_in(text) == (reply, status)


@given(st.text())
def test_codes_in_takes_any_text(text: str) -> None:
    reply, status = codes_in(text)
    assert reply is None or reply in text
    assert status is None or status in text
    assert (reply_in(text), status_in(text)) == (reply, status)


def test_names_of_codes() -> None:
    assert status_name("5.1.1") == "bad destination mailbox address"
    assert status_name("4.7.28") == "mail flood detected"
    assert status_name("5.9.9") is None
    assert status_name(None) is None
