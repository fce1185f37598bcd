"""Lists warn, name themselves, and give way to what the account knows."""

import subprocess
import sys

import pytest

from retour.vet import Code, Facts, Policy, vet
from retour.vet.lists import disposable, is_role, is_trap_like, own
from retour.vet.suffixes import is_public_suffix
from retour.vet.tables import table

LISTED = {Code.DISPOSABLE, Code.PRIVACY_RELAY, Code.ROLE, Code.FREE, Code.TRAP_LIKE}


@pytest.mark.parametrize(
    ("address", "codes", "practical"),
    [
        ("ann@mailinator.com", {Code.DISPOSABLE}, "warn"),
        ("ann@x.y.mailinator.com", {Code.DISPOSABLE}, "warn"),
        ("ann@my-mailinator.com.shop.de", set(), "send"),
        ("ann@duck.com", {Code.PRIVACY_RELAY}, "warn"),
        ("x7k2@privaterelay.appleid.com", {Code.PRIVACY_RELAY}, "warn"),
        ("ann@gmail.com", {Code.FREE}, "send"),
        ("buchhaltung@shop.de", {Code.ROLE}, "warn"),
        ("Kontakt@shop.de", {Code.ROLE}, "warn"),
        ("info2@shop.de", {Code.ROLE}, "warn"),
        ("asdfgh@shop.de", {Code.TRAP_LIKE}, "warn"),
        ("aaaaaa@shop.de", {Code.TRAP_LIKE}, "warn"),
        ("ann@spamtrap.shop.de", {Code.TRAP_LIKE}, "warn"),
        ("infanta@shop.de", set(), "send"),
        ("ann@com.ar", set(), "send"),
    ],
)
def test_each_list_says_what_it_knows(address: str, codes: set[Code], practical: str) -> None:
    checked = vet(address)
    assert set(checked.reasons) & LISTED == codes
    assert checked.practical == practical
    for finding in checked.findings:
        if finding.code in LISTED:
            assert finding.evidence is not None
            assert finding.evidence.source
            assert finding.evidence.checked_at or "disposable-email-domains 0" in finding.evidence.source


def test_the_account_knows_better() -> None:
    assert Code.DISPOSABLE not in vet("ann@yopmail.com", Facts(delivered={"yopmail.com": 30})).reasons
    assert vet("ann@yopmail.com", policy=Policy(allowed=frozenset({"yopmail.com"}))).reasons == ()
    assert Code.ROLE not in vet("info@shop.de", policy=Policy(role=False)).reasons


def test_no_list_names_an_ending_or_a_provider_of_everybody() -> None:
    assert all(map(is_public_suffix, ("com", "co.uk", "com.ar", "org.au")))
    assert not any(map(is_public_suffix, ("gmail.com", "shop.co.uk")))
    names = set(table("lists")["disposable"].split())
    assert [name for name in names if is_public_suffix(name)] == []
    providers = {name for each in table("providers")["provider"] for name in each["domains"]}
    assert providers & names == set()
    assert len(own("role").names) > 150
    assert {"kontakt", "buchhaltung", "vertrieb", "bewerbung", "datenschutz"} <= own("role").names
    assert any(each.holds("mailinator.com") for each in disposable())


def test_names_of_people_are_neither_offices_nor_traps() -> None:
    people = [*table("words")["names"].split(), "anna.lee", "j.r.smith", "mary42", "x.ae"]
    assert [name for name in people if is_role(name) or is_trap_like(name)] == []


WITHOUT_EXTRAS = """
import sys
for name in ("publicsuffixlist", "disposable_email_domains", "idna", "pydantic", "email_validator"):
    sys.modules[name] = None
from retour.vet import vet
from retour.vet.lists import disposable
from retour.vet.suffixes import is_public_suffix, source
assert [each.name for each in disposable()] == ["retour disposable"], disposable()
assert source().startswith("retour 20"), source()
assert all(map(is_public_suffix, ("com", "co.uk", "com.ar")))
assert not any(map(is_public_suffix, ("gmail.com", "shop.co.uk")))
print([code.value for code in vet("info@yopmail.com").reasons], vet("ann@müller.de").normalised)
"""


def test_the_plain_install_has_lists_of_its_own() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS], capture_output=True, text=True)
    assert ended.stderr == ""
    assert ended.stdout == "['disposable', 'role'] ann@xn--mller-kva.de\n"
