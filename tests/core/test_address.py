"""Which strings are the same mailbox, and which are none."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.address import CASELESS, PROVIDERS, Fault, domain, domain_of, fault, key, mailbox, normalise


@pytest.mark.parametrize(
    ("given_", "normalised"),
    [
        ("ann@b.example", "ann@b.example"),
        ("Ann@B.EXAMPLE", "Ann@b.example"),  # RFC 5321 §2.4: only the domain is known to ignore case
        ("ann.lee+news@b.example", "ann.lee+news@b.example"),
        ('"ann"@b.example', "ann@b.example"),
        ('"ann lee"@b.example', '"ann lee"@b.example'),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER。example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),  # not strasse.example: another owner
        ("andre\u0301@b.example", "andr\u00e9@b.example"),
        ("用户@例子.测试", "用户@xn--fsqu00a.xn--0zwm56d"),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("ann@[ipv6:2001:DB8:0::1]", "ann@[IPv6:2001:db8::1]"),
        ("Ann.Lee+News@GoogleMail.com", "annlee@gmail.com"),
        ("Ann.Lee+News@outlook.com", "ann.lee@outlook.com"),
        ("+@gmail.com", "+@gmail.com"),
        ("-oQ/tmp@b.example", "-oQ/tmp@b.example"),  # legal; whoever runs a command puts it after "--"
        ("a" * 64 + "@b.example", "a" * 64 + "@b.example"),
        ("a" * 100 + "@b.example", "a" * 100 + "@b.example"),
        ("ann..lee.@b.example", "ann..lee.@b.example"),
        ('"ann..lee."@b.example', "ann..lee.@b.example"),
        (".ann@b.example", ".ann@b.example"),
        ("ann@localhost", "ann@localhost"),
        ("ann@B.example.", "ann@b.example"),
        ("ann@my_host.b.example", "ann@my_host.b.example"),
    ],
)
def test_normalised(given_: str, normalised: str) -> None:
    assert normalise(given_) == normalised
    assert fault(given_) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Fault.NO_AT),
        ("ann.b.example", Fault.NO_AT),
        ("a@evil.test@good.test", Fault.TWO_ATS),
        ('"a@evil.test"@good.test', Fault.TWO_ATS),
        ("victim@x\0y.test", Fault.CONTROL),
        ("ann@b.example\r\nRCPT TO:<x@y.test>", Fault.CONTROL),
        ("ann\u2028@b.example", Fault.CONTROL),
        ("ann\ud800@b.example", Fault.CONTROL),
        ("@b.example", Fault.LOCAL),
        ("ann lee@b.example", Fault.LOCAL),
        ("ann(comment)@b.example", Fault.LOCAL),
        ("<ann@b.example>", Fault.DOMAIN),
        ("ann@", Fault.DOMAIN),
        ("ann@-b.example", Fault.DOMAIN),
        ("ann@b..example", Fault.DOMAIN),
        ("ann@192.0.2.1", Fault.DOMAIN),
        ("ann@[192.0.2.1", Fault.DOMAIN),
        ("ann@b.exam/ple", Fault.DOMAIN),
        ("ann@b\u2100.example", Fault.DOMAIN),  # its compatibility form is "a/c"
        ("ann@b\u200d.example", Fault.DOMAIN),
        ("a" * 250 + "@b.example", Fault.TOO_LONG),
        ("é" * 125 + "@b.example", Fault.TOO_LONG),
        ("ann@b.example..", Fault.DOMAIN),
        ("ann@.", Fault.DOMAIN),
        ("ann@" + "b." * 125 + "example", Fault.TOO_LONG),
        ("a" * 100_000, Fault.TOO_LONG),
    ],
)
def test_refused(text: str, why: Fault) -> None:
    assert normalise(text) is None
    assert fault(text) is why


def test_look_alike_domains_stay_distinct() -> None:
    assert (
        len(
            {normalise(f"ann@{name}.example") for name in ("paypal", "pаypal", "paypaI", "straße", "strasse")}
        )
        == 5
    )


local_parts = st.from_regex(r"[A-Za-z0-9.+_\"\\ é-]{1,70}", fullmatch=True)
domains = st.from_regex(r"[A-Za-z0-9.üß-]{1,70}|gmail\.com|Outlook\.com", fullmatch=True)


@given(st.one_of(st.text(max_size=300), st.builds("{}@{}".format, local_parts, domains)))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert (once is None) == (fault(text) is not None)
    if once is not None:
        assert normalise(once) == once
        assert len(once.encode()) <= 254
        assert domain(domain_of(once)) == domain_of(once)


@given(st.text(max_size=60), st.binary(min_size=16, max_size=32))
def test_the_key_depends_on_address_and_pepper(text: str, pepper: bytes) -> None:
    address = text.encode("utf-8", "replace").decode()
    assert len(key(pepper, address)) == 16
    assert key(pepper, address) == key(pepper, address)
    assert key(pepper, address) != key(pepper + b"x", address)
    assert key(pepper, address) != key(pepper, address + "x")


def test_what_a_provider_does_not_heed_is_one_mailbox_and_stays_two_addresses() -> None:
    for text in ("EVE@Yahoo.de", "eve@yahoo.de", "eVe@YAHOO.DE"):
        assert normalise(text) == text.partition("@")[0] + "@yahoo.de"
        assert mailbox(normalise(text) or "") == "eve@yahoo.de"
    # Nobody has said so of these, of other letters than those of ASCII, nor of what is quoted.
    for address in ("EVE@firm.example", "EV\u00c9@yahoo.de", '"EVE X"@yahoo.de', "EVE@[IPv6:2001:db8::1]"):
        assert mailbox(address) == address


@given(st.builds("{}@{}".format, local_parts, st.sampled_from(["icloud.com", "firm.example", "gmail.com"])))
def test_a_mailbox_is_a_normalised_address_and_its_own_mailbox(text: str) -> None:
    address = normalise(text)
    if address is not None:
        whole = mailbox(address)
        assert mailbox(whole) == whole == normalise(whole)


def test_every_provider_of_which_something_is_said_has_a_source_and_stands_once() -> None:
    rules = tomllib.loads(Path("src/retour/address_rules.toml").read_text("utf-8"))
    names = [name for kind in ("provider", "caseless") for rule in rules[kind] for name in rule["domains"]]
    assert all(rule["source"] for kind in ("provider", "caseless") for rule in rules[kind])
    assert len(names) == len(set(names)) == len(PROVIDERS) + len(CASELESS)
    assert [name for name in names if domain(name) != name] == []
