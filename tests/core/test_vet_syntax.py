"""What the standards make of a string: both verdicts and the reasons, for each form that there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.texts import catalogue
from retour.vet import FAMILY, Code, Family, Policy, Practical, Rfc, vet

# Address, what the standards say, what to do, and the reasons.
FORMS = [
    ("ann@shop.de", "valid", "send", []),
    ("Ann.Lee+x@shop.co.uk", "valid", "send", []),
    ("", "invalid", "reject", ["empty"]),
    ("info.shop.de", "invalid", "reject", ["no_at"]),
    ("a@b@shop.de", "invalid", "reject", ["several_at"]),
    ("@shop.de", "invalid", "reject", ["local_empty"]),
    ("ann@", "invalid", "reject", ["domain_empty"]),
    ("ann;lee@shop.de", "invalid", "reject", ["bad_char"]),
    ("ann@shop,de", "invalid", "reject", ["bad_char"]),
    ("ann\x00@shop.de", "invalid", "reject", ["control_char"]),
    ("ann@shop.de\r\nRCPT TO:<x@y.de>", "invalid", "reject", ["control_char"]),
    ("ann lee@shop.de", "invalid", "reject", ["space"]),
    ("ann\u00a0lee@shop.de", "invalid", "reject", ["space"]),
    (" ann@shop.de", "unusual", "warn", ["space"]),
    ("ann @shop.de", "obsolete", "warn", ["space"]),
    ('"ann@shop.de', "invalid", "reject", ["unbalanced"]),
    ("ann(x@shop.de", "invalid", "reject", ["unbalanced"]),
    ("ann..lee@shop.de", "invalid", "reject", ["dot_misplaced"]),
    ("ann@shop.de.", "invalid", "reject", ["dot_misplaced"]),
    ("annelee" * 10 + "@shop.de", "invalid", "warn", ["local_long"]),
    ("ann@" + "a." * 130 + "de", "invalid", "reject", ["too_long"]),
    ('"ann lee"@shop.de', "unusual", "warn", ["quoted_local"]),
    ('"ann"."lee"@shop.de', "obsolete", "warn", ["quoted_local", "obsolete_form"]),
    ("(x)ann@shop.de", "unusual", "warn", ["comment"]),
    ("ann@(x)shop.de", "obsolete", "warn", ["comment"]),
    ("ann@[192.0.2.1]", "unusual", "warn", ["address_literal"]),
    ("ann@[IPv6:2001:db8::1]", "unusual", "warn", ["address_literal"]),
    ("ann@[IPv6::]", "invalid", "reject", ["bad_literal"]),
    ("ann@192.0.2.1", "invalid", "reject", ["bad_literal"]),
    ("ann@192.0.2.999", "invalid", "reject", ["bad_literal"]),
    ("ann@[192.0.2.999]", "invalid", "reject", ["bad_literal"]),
    ("ann@intranet", "valid", "reject", ["dotless"]),
    ("jürgen@shop.de", "valid", "send", ["needs_smtputf8"]),
    ("ann@müller.de", "valid", "send", []),
    ("ann@ａｂｃ.de", "valid", "send", []),
    ("ann@shop。jp", "valid", "send", []),
    ("ann@-shop.de", "invalid", "warn", ["bad_label"]),
    ("ann@my_shop.de", "invalid", "warn", ["bad_label"]),
    ("ann@ab--cd.de", "unusual", "warn", ["bad_label"]),
    ("ann@" + "a" * 64 + ".de", "invalid", "reject", ["bad_label"]),
    ("ann@xn--example.de", "invalid", "reject", ["bad_punycode"]),
    ("ann@pаypal.de", "valid", "warn", ["mixed_script"]),
    ("ann@example.com", "valid", "warn", ["special_use"]),
    ("ann@printer.local", "valid", "warn", ["special_use", "tld_unknown"]),
    ("ann@shop.qqq", "valid", "warn", ["tld_unknown"]),
]


@pytest.mark.parametrize(("text", "rfc", "practical", "reasons"), FORMS)
def test_each_form_has_both_verdicts_and_its_reasons(
    text: str, rfc: str, practical: str, reasons: list[str]
) -> None:
    checked = vet(text, policy=Policy(typo_odds=float("inf")))
    assert (checked.rfc, list(checked.reasons)) == (rfc, reasons)
    assert checked.practical == (practical if checked.normalised else "reject")


def test_what_policy_allows_is_sent_to() -> None:
    assert vet("ann@intranet", policy=Policy(allow_dotless=True)).practical is Practical.SEND
    assert vet("ann@printer.local", policy=Policy(allow_special_use=True)).practical is Practical.SEND


def test_what_is_around_an_address_is_not_kept() -> None:
    assert vet("ann (work) @ (new) Shop.DE").normalised == "ann@shop.de"
    assert vet("ann@müller.de").normalised == "ann@xn--mller-kva.de"


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_string_raises_anything(text: str) -> None:
    assert vet(text).rfc in Rfc
    assert vet(f"{text}@shop.de").practical in Practical
    assert vet(f"ann@{text}").practical in Practical
    assert vet(f"ann@{text}.de").practical in Practical


@pytest.mark.parametrize(
    "text",
    [
        '"\ud800"@shop.example',
        '"a\\\udfff"@shop.example',
        '"\udc80 b"@gmail.com',
        '"\ufffd"@web.de',
        '"\u202e"@web.de',
    ],
)
def test_what_nobody_sees_is_refused_in_quotes_too(text: str) -> None:
    checked = vet(text)
    assert (checked.rfc, checked.practical, checked.reasons) == ("invalid", "reject", (Code.BAD_CHAR,))
    assert checked.normalised is None


def test_each_code_has_a_family_and_words() -> None:
    assert set(FAMILY) == set(Code)
    assert set(FAMILY.values()) == set(Family)
    for language in ("en", "de"):
        words = catalogue(f"vet.{language}")
        assert {key.removeprefix("code.") for key in words.keys if key.startswith("code.")} == set(Code)
        assert all(f"rfc.{each}" in words for each in Rfc)
        assert all(f"practical.{each}" in words for each in Practical)
