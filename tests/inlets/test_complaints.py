"""Complaints by mail that bear our token (RFC 5965, RFC 9477): whose send it was, whoever is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.hooked import Hooked, hooked
from retour.flow.sends import Draft, Registered, register
from retour.identity import SendIds
from retour.inlets.arrivals import arrival
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, Proof, Standing, StateName

ANN, EVE = "ann@b.example", "eve@b.example"

REPORT = """\
From: fbl@isp.test
To: fbl@shop.example
Subject: FW: Spring
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="cut"

--cut
Content-Type: text/plain

A reader calls this spam.

--cut
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: SomeFBL/1.0
Version: 1
{fields}
--cut
Content-Type: text/rfc822-headers

From: News <news@shop.example>
CFBL-Address: fbl@shop.example; report=arf
Subject: Spring
{headers}
--cut--
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path / "data", {}) as made:
        for name in ("shop", "inn"):
            made.house.store.accounts.add_account(
                name, f"return.{name}.test", preset("default"), made.house.clock.now() - 400 * DAY
            )
        made.house.load()
        yield made


def sent(house: Hooked, recipient: str = ANN, account: str = "shop") -> str:
    """A send; its token."""
    known, now = house.house, house.house.clock.now()
    owner = next(each for each in known.store.accounts.accounts() if each.name == account)
    (made,) = register([Draft(recipient)], owner, known.store.sends, known.keys.keyring, SendIds(), now - DAY)
    assert isinstance(made, Registered)
    return made.envid


def told(
    house: Hooked,
    fields: str = "",
    headers: str = "",
    proof: Proof = Proof.SEND,
    account: str | None = "shop",
    type: str = "abuse",
) -> list[Event]:
    """What became of a complaint with these fields and returned headers: all events of both addresses."""
    raw = REPORT.format(fields=fields, headers=headers, type=type).replace("\n", "\r\n").encode()
    known = house.house
    mail = arrival("fbl@shop.example", raw, len(raw), known.clock.now(), proof=proof, account=account)
    known.inbox.put([mail])
    known.worker.drain()
    lives = [known.store.ledger.life("shop", each, known.clock.now()) for each in (ANN, EVE)]
    return [event for life in lives if life for event in life.events]


def invalid(house: Hooked, address: str = ANN) -> bool:
    state = house.house.store.ledger.state("shop", address, house.house.clock.now())
    return state.state is StateName.INVALID


WAYS = {
    "CFBL-Feedback-ID": ("", "CFBL-Feedback-ID: {}"),
    "folded, among others": ("", "CFBL-Feedback-ID: 111:\n {}:news"),
    "Feedback-ID": ("", "Feedback-ID: spring:{}:news:shop"),
    "in capitals": ("", "cfbl-feedback-id: {}"),
    "Original-Envelope-Id": ("Original-Envelope-Id: {}\n", ""),
    "Original-Mail-From": ("Original-Mail-From: <{}@return.shop.test>\n", ""),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("named", ["", "Original-Rcpt-To: redacted\n", f"Original-Rcpt-To: <{EVE}>\n"])
def test_a_complaint_with_our_token_is_about_the_send(
    house: Hooked, way: tuple[str, str], named: str
) -> None:
    token = sent(house)
    (event,) = told(house, named + way[0].format(token), way[1].format(token))
    assert (event.kind, event.address, event.standing) == (EventKind.COMPLAINT, ANN, Standing.PROVEN)
    assert invalid(house)
    assert not invalid(house, EVE)


def test_three_candidates_and_our_token_are_one_complaint(house: Hooked) -> None:
    token = sent(house)
    names = "".join(f"Original-Rcpt-To: <{name}>\n" for name in (EVE, ANN, "bob@b.example"))
    told(house, names, f"CFBL-Feedback-ID: {token}")
    assert (invalid(house), invalid(house, EVE), invalid(house, "bob@b.example")) == (True, False, False)


@pytest.mark.parametrize("proof", [Proof.TRUSTED, Proof.OPEN])
def test_who_of_several_complained_is_not_guessed_whoever_tells_it(house: Hooked, proof: Proof) -> None:
    names = "".join(f"Original-Rcpt-To: <{name}>\n" for name in (EVE, ANN, "bob@b.example"))
    found = told(house, names, proof=proof)
    assert {(event.standing, *event.defects) for event in found} == {
        (Standing.UNPROVEN, "time_doubted", "ambiguous")
    }
    assert not invalid(house)


@pytest.mark.parametrize(
    "written", [f"<{ANN}>", f"rfc822; {ANN}", f"rfc822;<{ANN}>", f"<{ANN}>\nOriginal-Rcpt-To: {ANN}"]
)
def test_the_one_that_is_named_is_believed_where_the_source_is(house: Hooked, written: str) -> None:
    (event,) = told(house, f"Original-Rcpt-To: {written}\n", proof=Proof.TRUSTED)
    assert (event.address, event.standing) == (ANN, Standing.PROVEN)
    assert invalid(house)


def test_without_a_token_a_complaint_has_no_effect(house: Hooked) -> None:
    token = sent(house)
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    for headers in ("", f"CFBL-Feedback-ID: {forged}", "CFBL-Feedback-ID: 111:222:333"):
        told(house, f"Original-Rcpt-To: <{ANN}>\n", headers)
        assert not invalid(house)


def test_the_token_of_another_account_has_no_effect(house: Hooked) -> None:
    other = sent(house, account="inn")
    assert told(house, headers=f"CFBL-Feedback-ID: {other}") == []
    assert not invalid(house)


def test_below_the_level_of_its_inlet_a_complaint_has_no_effect(house: Hooked) -> None:
    (event,) = told(house, headers=f"CFBL-Feedback-ID: {sent(house)}", proof=Proof.TOKEN)
    assert event.standing is Standing.UNPROVEN
    assert not invalid(house)


def test_what_is_no_spam_is_no_complaint(house: Hooked) -> None:
    told(house, headers=f"CFBL-Feedback-ID: {sent(house)}", type="not-spam")
    assert not invalid(house)
