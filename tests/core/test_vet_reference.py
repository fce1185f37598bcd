"""Our reading of an address against email-validator, and the fast way against the full one.

The documented differences: what email-validator refuses and the standards allow is accepted here, with a
reason that says so. They are the codes of `_OURS_ALONE`, and the endings of `_ITS_OWN`.
"""

import random
import unicodedata
from collections.abc import Iterator

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.test_vet_syntax import FORMS
from core.test_vet_typos import SLIPS
from retour.vet import Code, Facts, Policy, Rfc, vet
from retour.vet.screen import Screen
from retour.vet.syntax import Syntax, read, read_fully
from retour.vet.tables import table

# Allowed by RFC 5322 or the DNS, and here valid or obsolete with these reasons; there refused.
_OURS_ALONE = {Code.COMMENT, Code.SPACE, Code.DOTLESS, Code.BAD_LABEL, Code.OBSOLETE_FORM}
# Refused here, taken there: over-long local parts are taken by both, with a reason here; a letter that was
# lost in decoding is a letter to it.
_TOLERATED = {Code.LOCAL_LONG}
_LOST = "\ufffd"
_ITS_OWN = ("arpa", "invalid", "local", "localhost", "onion", "test")  # refused there, special_use here


def theirs(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True)
    except EmailNotValidError:
        return False
    return True


def ours(syntax: Syntax) -> bool:
    """Whether email-validator has to accept what we have read."""
    codes = set(syntax.codes)
    if codes & _OURS_ALONE or syntax.rfc is Rfc.OBSOLETE or syntax.domain is None:
        return False
    ending = syntax.domain.rpartition(".")[2]
    if Code.SPECIAL_USE in codes and ending in _ITS_OWN:
        return False
    if not ending.endswith("]") and not ending[-1].isalpha():
        return False  # it wants a letter at the end; here that is tld_unknown, and unusual
    return syntax.rfc is not Rfc.INVALID or bool(codes & _TOLERATED and Code.TOO_LONG not in codes)


def samples() -> Iterator[str]:
    yield from (form[0] for form in FORMS)
    for domain, _ in SLIPS:
        yield from (f"ann.lee@{domain}", f"info@{domain}", f"qwertz@{domain.upper()}")
    for each in table("providers")["provider"]:
        yield from (f"Ann.Lee+x@{domain}" for domain in each["domains"])


LOCALS = st.sampled_from(
    ["ann", "ann.lee", "Ann+x", '"a b"', "jürgen", "a" * 64, "a" * 65, "a..b", ".a", "info", "asdf", "x" * 4]
)
LABELS = st.text("abcxyz019-_äßéşжд中あ한ا", min_size=1, max_size=8) | st.sampled_from(
    ["xn--mller-kva", "xn--a", "a" * 63]
)
ENDINGS = st.sampled_from(
    ["com", "de", "co.uk", "test", "local", "qqq", "c0m", "рф", "com.", "[192.0.2.1]", ""]
)
ADDRESSES = st.builds(
    lambda local, labels, ending: f"{local}@{'.'.join([*labels, ending])}",
    LOCALS | st.text(max_size=12),
    st.lists(LABELS, max_size=3),
    ENDINGS,
)


@given(ADDRESSES | st.text(max_size=30) | st.emails())
@example("me.\u037e@example.com")
@settings(max_examples=400)
def test_email_validator_takes_what_we_take(text: str) -> None:
    if _LOST in text or _newer_than_our_tables(text):
        return
    assert ours(read(text)) == theirs(text), (text, read(text))


def _newer_than_our_tables(text: str) -> bool:
    """Letters that this Python does not know, or joins that we do not (vet/idna2008.py)."""
    return any(unicodedata.category(sign) == "Cn" or sign in "\u200c\u200d" for sign in text)


@pytest.mark.parametrize("text", sorted(set(samples())))
def test_samples_are_read_as_email_validator_reads_them(text: str) -> None:
    assert ours(read(text)) == theirs(text)


@given(ADDRESSES | st.text(max_size=30) | st.emails())
@settings(max_examples=300)
def test_the_fast_way_reads_what_the_full_one_reads(text: str) -> None:
    assert read(text) == read_fully(text)
    assert SCREEN.check(text) == vet(text)


SCREEN = Screen()


@given(
    st.text("ab7.+-_'!#$%&*/=?^`{|}~ü", min_size=1, max_size=12),
    st.sampled_from(
        ["gmail.com", "GMX.de", "t-online.de", "outlook.com", "gmial.com", "firm.de", "docomo.ne.jp"]
    ),
)
@example("ann#7", "gmail.com")
def test_the_fast_way_knows_the_signs_that_providers_give_to_nobody(local: str, domain: str) -> None:
    assert SCREEN.check(f"{local}@{domain}") == vet(f"{local}@{domain}")


def test_a_screen_says_what_a_single_check_says() -> None:
    policy, facts = Policy(role=False), Facts(delivered={"shop.example": 40, "yopmail.com": 40})
    screen = Screen(policy, facts)
    rows = [*samples(), "ann@shop.exmaple", "ann@yopmail.com", "ann@shop.example"] * 2
    random.Random(1).shuffle(rows)
    for row in rows:
        assert screen.check(row) == vet(row, facts, policy)
