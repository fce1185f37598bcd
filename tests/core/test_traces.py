"""The spellings of an address that an erasure finds, and what it leaves alone."""

import base64
import json
import quopri

import pytest

from retour.flow.traces import Traces

ANN = "ann.lee@b.example"
FOUND = [
    "ann.lee@b.example",
    "Ann Lee <Ann.Lee@B.Example>",
    "rfc822;ann.lee@b.example",
    "to=<ann.lee@b.example>, relay=mx",
    '"ann.lee@b.example"',
    "mailto:ann.lee@b.example?subject=x",
    "https://x.example/?to=ann.lee%40b.example",
    "bounce+ann.lee=b.example@return.example",
    "SRS0=x=1=b.example=ann.lee@forward.example",
    "mail to ann.lee@b.example.",
]
OTHERS = [
    "joann.lee@b.example",
    "ann.lee@b.example.org",
    "ann.lee@bb.example",
    "ann@b.example",
    "lee@b.example",
]


@pytest.mark.parametrize("text", FOUND)
def test_every_spelling_is_found_and_taken_out(text: str) -> None:
    traces = Traces(ANN)
    assert traces.holds(text)
    clean = traces.scrubbed(text)
    assert not traces.holds(clean)
    assert "ann.lee" not in clean.lower()


@pytest.mark.parametrize("text", OTHERS)
def test_other_addresses_stay_as_they_are(text: str) -> None:
    traces = Traces(ANN)
    assert not traces.holds(text)
    assert traces.scrubbed(f"<{text}>") == f"<{text}>"


def test_what_a_provider_takes_for_the_same_mailbox_is_found() -> None:
    traces = Traces("annlee@gmail.com")
    for spelling in ("Ann.Lee@gmail.com", "annlee+shop@googlemail.com", "ANNLEE@Gmail.com"):
        assert traces.holds(f"to {spelling} it went"), spelling
    assert not traces.holds("bob@gmail.com")


def test_an_international_domain_is_found_in_both_forms_and_in_json() -> None:
    traces = Traces("jürgen@xn--mnchen-3ya.example")
    for text in (
        "jürgen@münchen.example",
        "jürgen@xn--mnchen-3ya.example",
        json.dumps("jürgen@münchen.example"),
    ):
        assert traces.holds(text), text


@pytest.mark.parametrize("lines", [1, 40])
def test_encoded_lines_of_a_mail_are_read(lines: int) -> None:
    plain = ("some words of a server\r\n" * lines + f"unknown user <{ANN}>\r\n").encode()
    traces = Traces(ANN)
    assert traces.holds_octets(plain)
    assert traces.holds_octets(quopri.encodestring(plain, quotetabs=True))
    assert traces.holds_octets(b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(plain))
    assert traces.holds_octets(plain.replace(b"@", b"=40"))
    assert not traces.holds_octets(base64.encodebytes(b"nothing of hers " * 20))
