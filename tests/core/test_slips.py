"""Slips of the fingers, and what was probably meant by an address that bounced (E9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.colleagues import PATTERNS, Colleague, made_by, written_so
from retour.flow.edits import is_likely, names_of, neighbours, persons_of, slips
from retour.flow.slips import Asked, Hint, suggestions
from retour.identity import told_id
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import Event, EventKind, MailKind, Reason, Send
from retour.ports import Engagement, Passing, Sign, Store
from retour.stores.memory import new_store

NOW = 20_500 * DAY
DELIVERED = {"gmail.com": 5000, "gmx.de": 3000, "example.com": 900, "rare.example": 3}


@pytest.fixture
def store() -> Store:
    made = new_store()
    made.accounts.add_account("acme", "acme.example", preset("default"), 0)
    made.tallies.count(
        [
            Passing(told_id(domain, str(n)), "acme", NOW - DAY, "delivered", domain)
            for domain, count in DELIVERED.items()
            for n in range(count // 10)
        ]
    )
    return made


def bounced(store: Store, address: str, reason: Reason = Reason.ADDRESS_UNKNOWN) -> None:
    id = address.encode()[-16:].rjust(16)
    store.ledger.record(
        [Event(id, EventKind.BOUNCE, NOW - DAY, reason, account="acme", address=address)], NOW
    )


def delivered(store: Store, address: str, id: int = 7) -> None:
    store.sends.add([Send(id, "acme", address, MailKind.MAILING, NOW - 3 * DAY, delivered_at=NOW - 2 * DAY)])


def found(store: Store, address: str, name: str = "", *siblings: str) -> dict[str, set[Hint]]:
    asked = Asked("acme", address, name, siblings)
    return {each.address: set(each.hints) for each in suggestions(asked, store, NOW)}


@pytest.mark.parametrize(
    ("typed", "meant", "steps", "likely"),
    [
        ("wislon", "wilson", 1, True),  # exchanged
        ("gmial.com", "gmail.com", 1, True),
        ("wilsson", "wilson", 1, True),  # doubled
        ("wison", "wilson", 1, True),  # left out
        ("wilsom", "wilson", 1, True),  # the next key
        ("wilsot", "wilson", 1, False),
        ("wilsqon", "wilson", 1, False),
        ("wilsonn", "wilson", 1, True),
        ("wilson", "wilson", 0, True),
        ("", "ab", 2, True),
        ("ca", "abc", 3, False),
    ],
)
def test_slips_are_counted_and_told_apart(typed: str, meant: str, steps: int, likely: bool) -> None:
    assert slips(typed, meant) == steps
    if steps == 1:
        assert is_likely(typed, meant) is likely


WORDS = st.text("abcx.", max_size=7)


@given(WORDS, WORDS)
def test_slips_are_a_distance_and_neighbours_are_one_away(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= slips(one, other) <= max(len(one), len(other))
    if slips(one, other) == 1:
        assert one in set(neighbours(other))


@given(WORDS)
def test_every_neighbour_is_one_slip_away(word: str) -> None:
    assert {slips(each, word) for each in neighbours(word) if each != word} == {1}


def test_names_are_written_in_several_ways() -> None:
    assert names_of("Jörg Müller-Lüdenscheidt") == [
        "joerg", "mueller", "luedenscheidt", "jorg", "muller", "ludenscheidt",
    ]  # fmt: skip
    assert names_of("X Æ A-12 Þór") == ["ae", "or"]
    assert names_of("") == []


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.com", None),
        ("gmx.at", None),  # another country's, not a slip
        ("quite-another.example", None),
    ],
)
def test_a_domain_is_corrected_to_one_that_mail_arrives_at(
    store: Store, domain: str, meant: str | None
) -> None:
    likely = {f"ann@{meant}": {Hint.DOMAIN}} if meant else {}
    assert found(store, f"ann@{domain}") == likely


def test_a_domain_that_is_not_there_is_more_surely_a_slip(store: Store) -> None:
    bounced(store, "ann@gmial.com", Reason.DOMAIN_UNKNOWN)
    bounced(store, "bob@gmial.com", Reason.ADDRESS_UNKNOWN)
    odds = {
        each.address: each.odds
        for name in ("ann", "bob", "eve")
        for each in suggestions(Asked("acme", f"{name}@gmial.com"), store, NOW)
    }
    assert odds["ann@gmail.com"] > odds["eve@gmail.com"] > odds["bob@gmail.com"] >= 2


@pytest.mark.parametrize(
    ("local", "name", "meant"),
    [
        ("w.wislon", "Wendy Wilson", "w.wilson"),
        ("wendy.wlson", "Wilson, Wendy", "wendy.wilson"),
        ("wedny_wilson", "Wendy Wilson", "wendy_wilson"),
        ("jmuelle", "Jürgen Müller", "jmueller"),
        ("jurgen.mullre", "Jürgen Müller", "jurgen.muller"),
        ("wislon1984", "Wendy Wilson", "wilson1984"),
    ],
)
def test_a_local_part_is_corrected_by_the_contacts_name(
    store: Store, local: str, name: str, meant: str
) -> None:
    assert found(store, f"{local}@b.example", name)[f"{meant}@b.example"] == {Hint.NAME}
    first, *_ = suggestions(Asked("acme", f"{local}@b.example", name), store, NOW)
    assert first.address == f"{meant}@b.example"


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ("w.wilson", "Wendy Wilson"),  # as it should be
        ("info", "Wendy Wilson"),
        ("ann", "Anna Li"),  # short words are like too many
        ("w.wislon", ""),
        ("w.wislon", "Bob Jones"),
        ('"a b"', "Wendy Wilson"),
    ],
)
def test_nothing_is_guessed_without_a_hint(store: Store, local: str, name: str) -> None:
    assert found(store, f"{local}@b.example", name) == {}


def test_an_address_that_mail_arrives_at_is_a_hint(store: Store) -> None:
    delivered(store, "w.wilson@b.example")
    delivered(store, "w.wislom@c.example", 8)
    store.engagements.note([Engagement("acme", "w.wilson@b.example", Sign.LOGIN, NOW - DAY)])
    assert found(store, "w.wislon@b.example") == {"w.wilson@b.example": {Hint.DELIVERED, Hint.ACTIVE}}
    assert found(store, "w.wislon@b.example", "Wendy Wilson") == {
        "w.wilson@b.example": {Hint.NAME, Hint.DELIVERED, Hint.ACTIVE}
    }


def test_another_address_of_the_contact_is_a_hint(store: Store) -> None:
    assert found(store, "w.wislon@b.example", "", "w.wilson@private.example") == {
        "w.wilson@b.example": {Hint.SIBLING}
    }
    both = found(store, "ann@gmial.com", "", "ann@gmail.com", "no address")
    assert both == {"ann@gmail.com": {Hint.DOMAIN, Hint.SIBLING}}


def test_what_is_stopped_itself_is_never_suggested(store: Store) -> None:
    bounced(store, "w.wilson@b.example")
    assert found(store, "w.wislon@b.example", "Wendy Wilson") == {}


def test_more_hints_are_better_odds_and_the_best_comes_first(store: Store) -> None:
    delivered(store, "wendy.wilson@b.example")
    asked = Asked("acme", "wendy.wilso@b.example", "Wendy Wilson")
    first, *others = suggestions(asked, store, NOW)
    assert first.address == "wendy.wilson@b.example"
    assert all(each.odds <= first.odds for each in others)
    assert first.hints[Hint.DELIVERED] == NOW - 2 * DAY


@pytest.mark.parametrize(
    ("name", "persons"),
    [
        ("Wendy Wilson", [("wendy", "wilson")]),
        ("Wilson, Wendy", [("wendy", "wilson")]),
        ("Wendy Ann Wilson", [("wendy", "wilson")]),
        ("Jörg Müller", [("joerg", "mueller"), ("jorg", "muller")]),
        ("Wilson", []),
        ("", []),
    ],
)
def test_a_name_is_a_first_and_a_last(name: str, persons: list[tuple[str, str]]) -> None:
    assert persons_of(name) == persons


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_colleagues_is_known_again(pattern: str) -> None:
    bob, eve, wendy = (
        made_by(pattern, *name) for name in (("bob", "braun"), ("eve", "eich"), ("wendy", "wilson"))
    )
    beside = [Colleague(bob, "Bob Braun"), Colleague(eve, "Eich, Eve")]
    assert written_so("somebody", "Wendy Wilson", beside)[wendy] == 3.0
    assert written_so(wendy, "Wendy Wilson", beside) == {}


def colleagues_of(address: str, name: str = "") -> Asked:
    beside = [("bob.braun@b.example", "Bob Braun"), ("eve.eich@b.example", ""), ("info@b.example", "")]
    return Asked("acme", address, name, colleagues=beside)


def test_an_address_is_suggested_as_colleagues_write_theirs(store: Store) -> None:
    (meant,) = suggestions(colleagues_of("wwilson@b.example", "Wendy Wilson"), store, NOW)
    assert (meant.address, meant.odds, set(meant.hints)) == ("wendy.wilson@b.example", 3.0, {Hint.PATTERN})
    (meant,) = suggestions(colleagues_of("wendy_wilson@b.example"), store, NOW)  # the mark alone
    assert meant.address == "wendy.wilson@b.example"
    delivered(store, "wendy.wilson@b.example")
    (meant,) = suggestions(colleagues_of("wwilson@b.example", "Wendy Wilson"), store, NOW)
    assert (meant.odds, set(meant.hints)) == (600.0, {Hint.PATTERN, Hint.DELIVERED})


def test_a_slip_that_colleagues_speak_for_is_more_probable(store: Store) -> None:
    alone, *_ = suggestions(Asked("acme", "wendy.wislon@b.example", "Wendy Wilson"), store, NOW)
    (meant,) = suggestions(colleagues_of("wendy.wislon@b.example", "Wendy Wilson"), store, NOW)
    assert (meant.address, set(meant.hints)) == ("wendy.wilson@b.example", {Hint.NAME, Hint.PATTERN})
    assert meant.odds == 4 * alone.odds


def test_what_no_two_colleagues_share_suggests_nothing(store: Store) -> None:
    bob = ("bob.braun@b.example", "Bob Braun")
    one = Asked("acme", "wwilson@b.example", "Wendy Wilson", colleagues=[bob])
    assert suggestions(one, store, NOW) == []
    bounced(store, "eve.eich@b.example")  # a colleague who is stopped shows nothing
    assert suggestions(colleagues_of("wwilson@b.example", "Wendy Wilson"), store, NOW) == []
    others = [(f"{name}.wolf@gmail.com", f"{name} Wolf") for name in ("bob", "eve")]
    at_gmail = Asked("acme", "wwilson@gmail.com", "Wendy Wilson", colleagues=others)
    assert suggestions(at_gmail, store, NOW) == []
