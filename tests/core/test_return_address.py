"""The signed return address: what verifies, and that nothing else does."""

from base64 import b32decode, b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.instants import DAY, utc_day
from retour.model import MailKind
from retour.return_address import Keyring, claimed_account, looks_like, make, verify

RING = Keyring(1, {1: b"a" * 32})
DOMAIN = "return.example"
NOW = 20_000 * DAY + 12345

accounts = st.integers(1, 2**24 - 1)
sends = st.integers(1, 2**63 - 1)
kinds = st.sampled_from(MailKind)


@given(accounts, sends, kinds, st.integers(1, 400))
def test_what_was_made_verifies_and_tells_all(account: int, send: int, kind: MailKind, days: int) -> None:
    token = verify(RING, make(RING, account, DOMAIN, send, kind, NOW, days), DOMAIN)
    assert token is not None
    assert (token.account, token.send, token.kind, token.key_id) == (account, send, kind, 1)
    assert utc_day(token.expires) == utc_day(NOW) + days + 1
    assert token.expires >= NOW + days * DAY


@given(accounts, sends, kinds)
def test_it_fits_a_local_part_and_uses_plain_letters(account: int, send: int, kind: MailKind) -> None:
    local = make(RING, account, DOMAIN, send, kind, NOW)
    assert len(local.encode()) == 43  # RFC 5321 §4.5.3.1.1 allows 64
    assert set(local) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(accounts, sends, st.randoms(use_true_random=False))
def test_case_is_folded(account: int, send: int, random: object) -> None:
    local = make(RING, account, DOMAIN, send, MailKind.SYSTEM, NOW)
    mixed = "".join(random.choice((c.lower(), c.upper())) for c in local)
    assert looks_like(mixed)
    assert verify(RING, mixed, DOMAIN.upper()) == verify(RING, local, DOMAIN) is not None


@given(accounts, sends, st.integers(0, 199))
def test_every_single_bit_is_signed(account: int, send: int, bit: int) -> None:
    octets = bytearray(b32decode(make(RING, account, DOMAIN, send, MailKind.MAILING, NOW)[3:].upper()))
    octets[bit // 8] ^= 1 << bit % 8
    altered = "rt-" + b32encode(octets).decode().lower()
    assert looks_like(altered)
    assert verify(RING, altered, DOMAIN) is None


def test_another_domain_or_key_does_not_verify() -> None:
    local = make(RING, 7, DOMAIN, 99, MailKind.MAILING, NOW)
    assert verify(RING, local, "return.other.example") is None
    assert verify(Keyring(1, {1: b"b" * 32}), local, DOMAIN) is None
    assert verify(Keyring(2, {2: b"a" * 32}), local, DOMAIN) is None


def test_a_token_of_one_account_cannot_be_passed_off_as_anothers() -> None:
    octets = bytearray(b32decode(make(RING, 7, DOMAIN, 99, MailKind.MAILING, NOW)[3:].upper()))
    octets[2:5] = (8).to_bytes(3)
    assert verify(RING, "rt-" + b32encode(octets).decode(), DOMAIN) is None


def test_retired_keys_verify_and_the_new_one_signs() -> None:
    old = make(RING, 7, DOMAIN, 99, MailKind.MAILING, NOW)
    rotated = Keyring(2, {1: b"a" * 32, 2: b"b" * 32})
    before, after = (
        verify(rotated, old, DOMAIN),
        verify(rotated, make(rotated, 7, DOMAIN, 99, MailKind.MAILING, NOW), DOMAIN),
    )
    assert before is not None
    assert after is not None
    assert (before.key_id, after.key_id) == (1, 2)


def test_an_expired_token_is_genuine_and_says_when() -> None:
    token = verify(RING, make(RING, 7, DOMAIN, 99, MailKind.MAILING, NOW, days=1), DOMAIN)
    assert token is not None
    assert token.expires < NOW + 3 * DAY


NO_TOKENS = [
    "",
    "rt-",
    "postmaster",
    "rt-" + "a" * 39,
    "rt-" + "a" * 41,
    "rt-" + "1" * 40,
    "rt-" + "a" * 40 + "\n",
]


@pytest.mark.parametrize("local", NO_TOKENS)
def test_other_local_parts_are_no_tokens(local: str) -> None:
    assert not looks_like(local)
    assert verify(RING, local, DOMAIN) is None
    assert claimed_account(local) is None


@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    assert verify(RING, text, DOMAIN) is None


def test_the_claimed_account_finds_the_domain_to_verify_with() -> None:
    assert claimed_account(make(RING, 70_000, DOMAIN, 99, MailKind.MAILING, NOW)) == 70_000


def test_keys_never_stand_in_a_repr() -> None:
    assert "aaaa" not in repr(RING)
