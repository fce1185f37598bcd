"""Delivery reports field by field: which kind, which address, which code."""

import pytest

from retour.model import Action, Kind, Report
from retour.parse import parse
from retour.parse.dates import moment
from retour.parse.mailbox import addresses_in, from_xtext, one_address, original_address, typed_address


def report(fields: str, words: str = "") -> Report:
    raw = (
        "Content-Type: multipart/report; boundary=b\n\n"
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; out.test\n\n"
        f"Final-Recipient: rfc822; ann@dest.test\n{fields}\n--b--\n"
    )
    [found] = parse(raw.encode()).reports
    return found


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", Kind.BOUNCE),
        ("failed", "4.4.1", Kind.BOUNCE),  # Postfix after expiry: the action says terminal
        ("FAILED (bad address)", "5.1.1", Kind.BOUNCE),
        ("delayed", "4.4.1", Kind.DELAY),
        ("delayed", "4.4.7", Kind.DELAY),
        ("delivered", "2.0.0", Kind.DELIVERED),
        ("relayed", "2.0.0", Kind.DELIVERED),
        ("expanded", "2.0.0", Kind.DELIVERED),
        ("", "5.1.1", Kind.BOUNCE),
        ("", "2.1.5", Kind.DELIVERED),
        ("nonsense", "", Kind.BOUNCE),
    ],
)
def test_the_action_decides(action: str, status: str, kind: Kind) -> None:
    assert report(f"Action: {action}\nStatus: {status}").kind == kind


@pytest.mark.parametrize(
    ("fields", "words", "status", "reply"),
    [
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 500 5.3.0 no", "", "5.3.0", "500"),
        ("Status: 5.2.1\nDiagnostic-Code: smtp; 550 5.0.0 no", "", "5.2.1", "550"),
        ("Status: 5.7.1\nDiagnostic-Code: smtp; 550 5.1.1 no", "", "5.1.1", "550"),
        ("Status: 5.2.2\nDiagnostic-Code: smtp; 550 full", "", "5.2.2", "550"),
        ("Status: 5.0.0", "ann@dest.test: 550 5.2.2 full", "5.2.2", "550"),
        ("Status: 5.0.0", "ann@dest.test\n  mailbox is full", "5.0.0", None),
        ("Status: 5.1.1 (no such user)", "", "5.1.1", None),
        ("Diagnostic-Code: X-Postfix; unknown user", "", None, None),
        (
            "Status: 4.4.7\nDiagnostic-Code: smtp; 550 4.4.7 expired",
            "ann@dest.test\n'441 4.4.1 x'",
            "4.4.1",
            "550",
        ),
    ],
)
def test_the_telling_code(fields: str, words: str, status: str | None, reply: str | None) -> None:
    found = report(f"Action: failed\n{fields}", words)
    assert (found.status, found.reply_code) == (status, reply)


def test_fields_in_any_order_and_case_folded_and_commented() -> None:
    found = report(
        "STATUS: 5.1.1\nremote-mta: DNS; mx.dest.test. (192.0.2.1)\n"
        "Diagnostic-Code: SMTP; 550 5.1.1\n\tno such\n user here\naction:Failed\n"
        "Original-Recipient: RFC822;Ann+2Bnews@Dest.test (the one)\n"
        "Last-Attempt-Date: Mon, 2 Mar 2026 10:00:00 +0100"
    )
    assert found.action == Action.FAILED
    assert found.diagnostic == "550 5.1.1 no such user here"
    assert found.remote_mta == "mx.dest.test"
    assert found.original_recipient == "Ann+news@Dest.test"
    assert found.at == moment("2 Mar 2026 09:00:00 GMT")


def test_the_words_of_each_recipient_are_its_own() -> None:
    raw = (
        b"Content-Type: multipart/report; boundary=b\n\n--b\n\n"
        b"<ann@dest.test>: mailbox is full\n\n<bob@dest.test>:\n\nno such user\n\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; out.test\n\n"
        b"Final-Recipient: rfc822; ann@dest.test\nAction: failed\nStatus: 5.0.0\n\n"
        b"Final-Recipient: rfc822; bob@dest.test\nAction: failed\nStatus: 5.0.0\n\n--b--\n"
    )
    ann, bob = parse(raw).reports
    assert ann.text == "mailbox is full"
    assert bob.text == "no such user"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; ann@dest.test", "ann@dest.test"),
        ("RFC822;<ann@dest.test>", "ann@dest.test"),
        ("ann@dest.test", "ann@dest.test"),
        ("rfc822; Ann Example <ann@dest.test>", "ann@dest.test"),
        ("rfc822; ann@dest.test (comment)", "ann@dest.test"),
        ('rfc822; "a b"@dest.test', '"a b"@dest.test'),
        ("rfc822; ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("rfc822; @relay.test:ann@dest.test", "ann@dest.test"),
        ("utf-8; j\\x{F6}rg@dest.test", "jörg@dest.test"),
        ("utf-8; ann\\x{0A}@dest.test", None),
        ("utf-8; jörg@pösten.test", "jörg@pösten.test"),
        ("rfc822; a@b@c", None),
        ("X400; c=de; a= ; s=ann", None),
        ("", None),
    ],
)
def test_typed_addresses(value: str, address: str | None) -> None:
    assert typed_address(value)[0] == address


def test_xtext() -> None:
    assert from_xtext("rt-abc+3D+2B") == "rt-abc=+"
    assert from_xtext("a+0Ab+20") == "a+0Ab+20"
    assert original_address("rfc822;a+2Bb+3D@dest.test") == ("a+b=@dest.test", False)
    assert original_address("rfc822;a+2024@dest.test") == ("a+2024@dest.test", False)


def test_addresses_in_a_text() -> None:
    text = "to <ann@dest.test>, bob@dest.test. Not a@b@c, not @x; 'cid@dest.test' ann@dest.test"
    assert addresses_in(text) == ["ann@dest.test", "bob@dest.test", "cid@dest.test"]
    assert one_address("two@dest.test, three@dest.test") is None


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2 Mar 2026 10:00", "31 Feb 2026 10:00 +0000", "2 Mar 9999999 10:00 +0000"]
)
def test_a_date_that_is_none(text: str) -> None:
    assert moment(text) is None


def members(*groups: tuple[str, str]) -> list[tuple[str | None, str | None]]:
    """Recipient and final recipient of each group of fields."""
    fields = "\n\n".join(
        f"Original-Recipient: rfc822;{original}\nFinal-Recipient: rfc822;{final}\nAction: failed"
        for original, final in groups
    )
    raw = f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; out.test\n\n{fields}\n"
    return [(each.recipient, each.final_recipient) for each in parse(raw.encode()).reports]


def test_the_address_that_was_written_to_is_the_one_reported() -> None:
    assert members(("ann@dest.test", "ann@far.test")) == [("ann@dest.test", "ann@far.test")]
    assert members(("Ann@dest.test", "ann@dest.test")) == [("ann@dest.test", None)]


def test_each_member_of_a_group_is_reported_by_its_own_address() -> None:
    group = members(("team@dest.test", "ann@far.test"), ("team@dest.test", "bob@far.test"))
    assert group == [("ann@far.test", None), ("bob@far.test", None)]


def test_a_probe_of_an_address_is_about_no_mail() -> None:
    assert report("Action: undeliverable\nStatus: 5.1.1").kind == Kind.OTHER
    assert report("Action: deliverable\nStatus: 2.1.5").kind == Kind.OTHER
