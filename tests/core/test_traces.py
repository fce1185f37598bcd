"""The spellings of an address that an erasure finds, and what it leaves alone."""

import base64
import json
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    "https://x.example/?to=ann%2Elee%40b%2Eexample&x=1",
    "ann.lee&#64;b.example",
    "ann&#46;lee&commat;b.example",
    f"https://x.example/out/{base64.urlsafe_b64encode(ANN.encode()).decode()}/x",
    f"id-{base64.b64encode(f'to {ANN}'.encode()).decode()}",
]
OTHERS = [
    "joann.lee@b.example",
    "ann.lee@b.example.org",
    "ann.lee@bb.example",
    "ann@b.example",
    "lee@b.example",
    "joann%2Elee%40b.example",
    "joann.lee&#64;b.example",
    base64.b64encode(b"to joann.lee@b.example").decode(),
    "20020a05600c4f0200b003fe6a6e2e6c",
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


@pytest.mark.parametrize("text", ["Ann.Lıe@b.example", "ann.lie@b.ıo", "ANN.LİE@B.İO", "ann.lie@b.İo"])
def test_what_is_taken_out_is_what_is_found(text: str) -> None:
    """A Turkish ı or İ is an i for a pattern, and not for `lower`."""
    traces = Traces("ann.lie@b.example" if "example" in text.lower() else "ann.lie@b.io")
    assert traces.holds(text) is (traces.scrubbed(text) != text)
    assert not traces.holds(traces.scrubbed(text))


@given(st.text("aliAIL@.b%&#64;o \u0130\u0131\u017f\u212a", max_size=12))
def test_a_text_changes_where_it_holds_the_address_and_nowhere_else(text: str) -> None:
    traces = Traces("a.lik@b.io")
    for each in (text, f"a.lik@b.{text}", f"{text}k@b.io"):
        assert traces.holds(each) is (traces.scrubbed(each) != each)


@pytest.mark.parametrize("lines", [1, 40])
def test_encoded_lines_of_a_mail_are_read(lines: int) -> None:
    plain = ("some words of a server\r\n" * lines + f"unknown user <{ANN}>\r\n").encode()
    traces = Traces(ANN)
    assert traces.holds_octets(plain)
    assert traces.holds_octets(quopri.encodestring(plain, quotetabs=True))
    assert traces.holds_octets(b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(plain))
    assert traces.holds_octets(plain.replace(b"@", b"=40"))
    assert not traces.holds_octets(base64.encodebytes(b"nothing of hers " * 20))


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16-le", "utf-16", "utf-8"])
def test_it_is_found_in_whatever_charset_octets_are(charset: str) -> None:
    traces = Traces("jörg.müll@xn--bcher-kva.example")
    raw = "what about jörg.müll@bücher.example then".encode(charset)
    assert traces.holds_octets(raw)
    assert traces.holds_octets(base64.encodebytes(raw))
    assert not Traces("müll@xn--bcher-kva.example").holds_octets(raw)


def test_a_link_goes_as_a_whole_and_what_stands_beside_it_stays() -> None:
    clean = Traces(ANN).scrubbed(
        '["550 see http://x.example/?e=ann%2Elee%40b%2Eexample&n=1\\n",["bob@b.example"]]'
    )
    assert json.loads(clean) == ["550 see ***\n", ["bob@b.example"]]
