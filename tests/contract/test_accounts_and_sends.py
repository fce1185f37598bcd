"""What every store does with accounts, keys, policies and sends."""

import pytest

from retour.address import Fault
from retour.flow.sends import MOST, Draft, Registered, TooManySendsError, register
from retour.identity import SendIds
from retour.instants import DAY
from retour.lifecycle import PolicyVersion, policy_from, preset, preset_names
from retour.model import Event, EventKind, MailKind, Role, Send
from retour.ports import Account, Key, KnownKey, StaleVersionError, Store
from retour.return_address import Keyring, verify

NOW = 20_500 * DAY
RING = Keyring(1, {1: b"k" * 32})


@pytest.fixture
def acme(store: Store) -> Account:
    return store.accounts.add_account("acme", "acme.example", preset("emarsys"), NOW)


def test_accounts_are_numbered_from_one(store: Store, acme: Account) -> None:
    other = store.accounts.add_account("other", "other.example", preset("default"), NOW)
    assert (acme.number, other.number) == (1, 2)
    assert store.accounts.accounts() == [acme, other]


@pytest.mark.parametrize(
    ("name", "domain"), [("acme", "new.example"), ("new", "acme.example"), ("", "x.example")]
)
def test_a_name_or_domain_taken_is_refused(store: Store, acme: Account, name: str, domain: str) -> None:
    with pytest.raises(ValueError, match=r"taken|needs a name"):
        store.accounts.add_account(name, domain, preset("default"), NOW)
    assert store.accounts.accounts() == [acme]


def test_keys_are_found_by_digest_until_they_are_revoked(store: Store) -> None:
    key = Key("k1", "acme", Role.SUPPORT)
    store.accounts.add_key(key, b"digest", NOW)
    with pytest.raises(ValueError, match="k1"):
        store.accounts.add_key(key, b"other digest", NOW)
    assert (store.accounts.key(b"digest"), store.accounts.keys()) == (key, [key])
    assert store.accounts.key(b"none") is None
    assert (store.accounts.revoke_key("k1", NOW), store.accounts.revoke_key("k1", NOW)) == (True, False)
    assert (store.accounts.key(b"digest"), store.accounts.keys()) == (None, [])


def test_a_key_tells_what_it_is_for_and_when_it_was_used_last(store: Store) -> None:
    first, second = Key("k2", "acme", Role.MEMBER), Key("k1", "acme", Role.MANAGER)
    store.accounts.add_key(first, b"first", NOW, "the shop")
    store.accounts.add_key(second, b"second", NOW + 1)
    store.accounts.add_key(Key("k3", "other", Role.MEMBER), b"third", NOW)
    store.accounts.key_used("k2", NOW + 5)
    assert store.accounts.keys_of("acme") == [
        KnownKey(first, "the shop", NOW, NOW + 5),
        KnownKey(second, "", NOW + 1, None),
    ]
    store.accounts.revoke_key("k2", NOW)
    assert [each.key for each in store.accounts.keys_of("acme")] == [second]


@pytest.mark.parametrize("name", preset_names())
def test_a_policy_comes_back_as_it_was(store: Store, name: str) -> None:
    told = {"soft_threshold": 7, "never_stop": ["ann@b.example", "c.example"], "mode": "observe"}
    policy = policy_from(told, preset(name))
    store.accounts.add_account("acme", "acme.example", policy, NOW)
    assert store.accounts.policies("acme") == (PolicyVersion(1, NOW, policy),)


def test_policies_are_versions_and_none_is_merged_silently(store: Store, acme: Account) -> None:
    second = PolicyVersion(2, NOW + DAY, preset("kwiga"), "ann")
    store.accounts.add_policy("acme", second, expected=1)
    with pytest.raises(StaleVersionError, match="newest version is 2"):
        store.accounts.add_policy("acme", second, expected=1)
    assert [version.number for version in store.accounts.policies("acme")] == [1, 2]
    assert store.accounts.policies("acme")[1] == second
    for call in (store.accounts.policies, lambda name: store.accounts.add_policy(name, second, 1)):
        with pytest.raises(KeyError):
            call("nobody")


def test_sends_are_found_by_id_and_kept_whole(store: Store, acme: Account) -> None:
    send = Send(
        2**62, "acme", "Ann@b.example", MailKind.SYSTEM, NOW, "may", "news@acme.example", "Grüße", "m@x"
    )
    store.sends.add([send])
    store.sends.add(
        [Send(2**62, "acme", "other@b.example", MailKind.MAILING, NOW)]
    )  # the id is taken: ignored
    assert store.sends.by_id([2**62, 5]) == {2**62: send}


def test_sends_of_an_unknown_account_are_refused_whole(store: Store, acme: Account) -> None:
    known = Send(1, "acme", "ann@b.example", MailKind.MAILING, NOW)
    with pytest.raises(KeyError):
        store.sends.add([known, Send(2, "nobody", "ann@b.example", MailKind.MAILING, NOW)])
    assert store.sends.by_id([1, 2]) == {}


def test_a_message_id_finds_its_send(store: Store, acme: Account) -> None:
    one = Send(1, "acme", "ann@b.example", MailKind.MAILING, NOW, message_id="one@x")
    many = [
        Send(10 + n, "acme", f"a{n}@b.example", MailKind.MAILING, NOW, message_id="many@x") for n in range(5)
    ]
    store.sends.add([one, *many])
    assert store.sends.by_message_id("one@x", []) == [one]
    assert store.sends.by_message_id("one@x", ["other@b.example"]) == [one]
    assert store.sends.by_message_id("many@x", ["x@b.example", "a3@b.example"]) == [many[3]]
    assert len(store.sends.by_message_id("many@x", [])) == 2
    assert store.sends.by_message_id("none@x", ["a3@b.example"]) == []


def test_old_sends_go_but_for_those_that_a_life_counts(store: Store, acme: Account) -> None:
    ids = SendIds()
    drafts = [Draft(f"a{n}@b.example") for n in range(5)]
    old = [r.send for r in register(drafts, acme, store.sends, RING, ids, NOW - 401 * DAY)]
    new = [r.send for r in register(drafts, acme, store.sends, RING, ids, NOW)]
    bounce = Event(b"b" * 16, EventKind.BOUNCE, NOW, account="acme", address="a3@b.example")
    store.ledger.record([bounce], NOW)
    after: int | None = 0
    looked = 0
    while after is not None:
        after = store.sends.expire(NOW - 400 * DAY, 2, after)
        looked += 1
    assert looked == 4
    ids_left = set(store.sends.by_id(send.id for send in (*old, *new)))
    assert ids_left == {old[3].id, *(send.id for send in new)}


def test_how_many_mails_an_address_has_had(store: Store, acme: Account) -> None:
    assert store.sends.mails_per_address("acme", 0) is None
    drafts = [Draft(f"a{n % 4}@b.example", handed_over=NOW - DAY) for n in range(12)]
    drafts += [Draft("old@b.example", handed_over=NOW - 9 * DAY)]
    register(drafts, acme, store.sends, RING, SendIds(), NOW)
    assert store.sends.mails_per_address("acme", NOW - 2 * DAY) == 3.0
    assert store.sends.mails_per_address("acme", NOW - 10 * DAY) == 13 / 5
    with pytest.raises(KeyError):
        store.sends.mails_per_address("nobody", 0)


def test_registering_signs_a_return_address_for_each_recipient(store: Store, acme: Account) -> None:
    drafts = [
        Draft("ann@b.example", MailKind.SYSTEM, campaign="may", message_id="<m@acme.example>"),
        Draft("a@evil.test@good.test"),
        Draft("bob@b.example", handed_over=NOW - DAY),
    ]
    first, refused, last = register(drafts, acme, store.sends, RING, SendIds(), NOW)
    assert refused is Fault.TWO_ATS
    assert isinstance(first, Registered)
    assert isinstance(last, Registered)
    token = verify(RING, *first.return_address.split("@"))
    assert token is not None
    assert (token.account, token.send, token.kind) == (acme.number, first.send.id, MailKind.SYSTEM)
    assert (first.envid, first.send.message_id) == (first.return_address.split("@")[0], "m@acme.example")
    assert (first.send.handed_over, last.send.handed_over) == (NOW, NOW - DAY)
    assert store.sends.by_id([first.send.id, last.send.id]) == {
        first.send.id: first.send,
        last.send.id: last.send,
    }


def test_more_sends_than_a_call_may_register(store: Store, acme: Account) -> None:
    with pytest.raises(TooManySendsError, match="at most"):
        register([Draft("ann@b.example")] * (MOST + 1), acme, store.sends, RING, SendIds(), NOW)


def test_ids_of_sends_rise_and_never_repeat() -> None:
    ids = SendIds()
    given = [ids.next(NOW) for _ in range(5000)] + [ids.next(NOW - DAY), ids.next(NOW + DAY)]
    assert given == sorted(set(given))
    assert 0 < given[0] < given[-1] < 2**63
