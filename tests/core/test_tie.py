"""What a report is about, and how well that is proven: the rules that keep forgers out (N5)."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.tie import Tie, claim_of, known, ties
from retour.instants import DAY
from retour.lifecycle import preset
from retour.model import (
    Arrival,
    Kind,
    MailKind,
    Original,
    Proof,
    Reading,
    Report,
    Send,
    Standing,
)
from retour.return_address import Keyring, make
from retour.stores.memory import new_store

NOW = 20_500 * DAY
RING = Keyring(1, {1: b"k" * 32})
STORE = new_store()
ACME = STORE.accounts.add_account("acme", "acme.example", preset("default"), 0)
OTHER = STORE.accounts.add_account("other", "other.example", preset("default"), 0)
STORE.sends.add(
    [
        Send(1, "acme", "Ann@b.example", MailKind.MAILING, NOW - DAY, message_id="one@acme.example"),
        Send(2, "acme", "bob@b.example", MailKind.MAILING, NOW - DAY, message_id="many@acme.example"),
        Send(3, "acme", "cid@b.example", MailKind.MAILING, NOW - DAY, message_id="many@acme.example"),
        Send(9, "other", "vic@b.example", MailKind.MAILING, NOW - DAY, message_id="theirs@other.example"),
    ]
)


def token(send: int, account: int = ACME.number, domain: str = "acme.example") -> str:
    return make(RING, account, domain, send, MailKind.MAILING, NOW)


def failed(recipient: str | None, original: str | None = None) -> Report:
    return Report(Kind.BOUNCE, recipient, original)


@dataclass(frozen=True)
class Mail:
    """A report as it reached us; by default at the level of an SMTP inlet."""

    reports: tuple[Report, ...]
    rcpt_to: str | None = None
    original: Original = field(default_factory=Original)
    proof: Proof = Proof.TOKEN
    account: str | None = None
    received_at: int = NOW

    def ties(self) -> list[Tie | None]:
        arrival = Arrival(
            b"a" * 16,
            "lmtp",
            self.received_at,
            b"",
            0,
            "",
            self.rcpt_to,
            self.proof,
            self.account,
        )
        reading = Reading(Kind.BOUNCE, self.reports, self.original)
        accounts = {account.number: account for account in STORE.accounts.accounts()}
        claim = claim_of(arrival, self.original, RING, accounts)
        return ties(arrival, reading, claim, known([(claim, reading)], STORE.sends))

    def tie(self) -> Tie:
        (tie,) = self.ties()
        assert tie is not None
        return tie


AT_TOKEN = f"{token(1)}@acme.example"


def test_the_token_proves_and_the_send_names_the_address() -> None:
    tie = Mail((failed("Ann@b.example"),), AT_TOKEN).tie()
    assert (tie.account, tie.address, tie.standing) == ("acme", "Ann@b.example", Standing.PROVEN)
    assert tie.send is not None
    assert tie.send.id == 1


def test_a_case_folded_token_proves_too() -> None:
    assert Mail((failed(None),), AT_TOKEN.upper()).tie().standing is Standing.PROVEN


@pytest.mark.parametrize("named", ["victim@b.example", "alias@forward.example", None, "no address"])
def test_whatever_the_report_names_only_the_tokens_recipient_can_change(named: str | None) -> None:
    assert Mail((failed(named),), AT_TOKEN).tie().address == "Ann@b.example"


@pytest.mark.parametrize(
    "rcpt_to",
    [
        None,
        "bounces@acme.example",
        f"{token(1)[:-1]}{'a' if token(1)[-1] != 'a' else 'b'}@acme.example",  # altered
        f"{token(1)}@other.example",  # at another account's domain
        f"{token(1, account=OTHER.number)}@acme.example",  # another account in it: its send is not ours
        f"{make(Keyring(1, {1: b'x' * 32}), 1, 'acme.example', 1, MailKind.MAILING, NOW)}@acme.example",
    ],
)
def test_a_perfect_report_without_a_true_token_changes_nothing(rcpt_to: str | None) -> None:
    tie = Mail((failed("Ann@b.example"),), rcpt_to).tie()
    assert (tie.standing, tie.send, tie.address) == (Standing.UNPROVEN, None, "Ann@b.example")


def test_an_expired_token_is_kept_without_effect() -> None:
    tie = Mail((failed("Ann@b.example"),), AT_TOKEN, received_at=NOW + 32 * DAY).tie()
    assert tie.standing is Standing.EXPIRED


@pytest.mark.parametrize(("days", "standing"), [(90, Standing.PROVEN), (91, Standing.EXPIRED)])
def test_a_complaint_may_come_for_ninety_days(days: int, standing: Standing) -> None:
    complaint = Report(Kind.COMPLAINT, "Ann@b.example")
    assert Mail((complaint,), AT_TOKEN, received_at=NOW + days * DAY).tie().standing is standing


@pytest.mark.parametrize("proof", Proof)
@pytest.mark.parametrize("to", [AT_TOKEN, "bounces@other.example"])
def test_a_token_of_one_account_at_the_inlet_of_another_changes_nothing(to: str, proof: Proof) -> None:
    tie = Mail((failed("Ann@b.example"),), to, Original(envid=token(1)), proof, "other").tie()
    assert (tie.account, tie.standing, tie.send) == ("other", Standing.UNPROVEN, None)


def test_a_token_of_a_send_nobody_knows_is_unmatched() -> None:
    tie = Mail((failed("Ann@b.example"),), f"{token(77)}@acme.example").tie()
    assert (tie.account, tie.standing, tie.defects) == ("acme", Standing.UNPROVEN, ("unmatched",))


INSIDE = [
    Original(envid=token(1)),
    Original(return_path=f"<{AT_TOKEN}>"),
    Original(message_id="one@acme.example"),
    Original(message_id="<one@acme.example>"),
]


@pytest.mark.parametrize("original", INSIDE)
def test_what_stands_inside_ties_but_suffices_only_where_send_is_demanded(original: Original) -> None:
    mail = Mail((failed("alias@forward.example"),), "bounces@acme.example", original)
    standings = {proof: replace(mail, proof=proof).tie().standing for proof in Proof}
    assert standings.pop(Proof.TOKEN) is Standing.UNPROVEN
    assert set(standings.values()) == {Standing.PROVEN}
    assert replace(mail, proof=Proof.OPEN).tie().address == "Ann@b.example"


def test_one_message_to_many_ties_by_the_address_named() -> None:
    mail = Mail((failed("x@y.example", "cid@b.example"),), original=Original(message_id="many@acme.example"))
    tie = replace(mail, proof=Proof.SEND).tie()
    assert (tie.address, tie.standing) == ("cid@b.example", Standing.PROVEN)


@pytest.mark.parametrize("proof", [Proof.SEND, Proof.TRUSTED, Proof.OPEN])
def test_one_message_to_many_without_a_name_is_ambiguous(proof: Proof) -> None:
    mail = Mail((failed("eve@b.example"),), None, Original(message_id="many@acme.example"), proof, "acme")
    assert (mail.tie().standing, mail.tie().defects) == (Standing.UNPROVEN, ("ambiguous",))


def test_of_several_that_failed_only_the_tokens_own_recipient_counts() -> None:
    reports = (failed("vic@b.example"), failed("Ann@b.example"), failed("bob@b.example"))
    found = Mail(reports, AT_TOKEN).ties()
    assert [tie and tie.standing for tie in found] == [
        Standing.UNPROVEN,
        Standing.PROVEN,
        Standing.UNPROVEN,
    ]


def test_of_several_that_failed_and_none_of_them_ours_none_counts() -> None:
    found = Mail((failed("vic@b.example"), failed("bob@b.example")), AT_TOKEN).ties()
    assert [tie and tie.standing for tie in found] == [Standing.UNPROVEN] * 2


def test_the_one_that_failed_is_ours_where_others_were_delivered() -> None:
    reports = (Report(Kind.DELIVERED, "c@d.example"), failed("alias@forward.example"))
    found = Mail(reports, AT_TOKEN).ties()
    assert [tie and tie.standing for tie in found] == [Standing.UNPROVEN, Standing.PROVEN]


def test_where_our_recipient_was_delivered_the_other_failure_is_not_ours() -> None:
    reports = (Report(Kind.DELIVERED, "Ann@b.example"), failed("vic@b.example"))
    found = Mail(reports, AT_TOKEN).ties()
    assert [tie and (tie.address, tie.standing) for tie in found] == [
        ("Ann@b.example", Standing.PROVEN),
        ("vic@b.example", Standing.UNPROVEN),
    ]


@pytest.mark.parametrize("proof", list(Proof))
def test_a_trusted_source_is_believed_about_its_own_account_only(proof: Proof) -> None:
    mail = Mail((failed("Vic@B.example"),), proof=proof, account="other")
    believed = proof in (Proof.TRUSTED, Proof.OPEN)
    assert mail.tie().standing is (Standing.PROVEN if believed else Standing.UNPROVEN)
    assert (mail.tie().account, mail.tie().address) == ("other", "Vic@b.example")
    assert replace(mail, account=None).tie().standing is Standing.UNPROVEN


names = st.none() | st.sampled_from(
    ["Ann@b.example", "ann@b.example", "vic@b.example", "bob@b.example", "alias@forward.example", "a@b@c"]
)
claims = st.builds(Report, st.sampled_from(Kind), names, names)
originals = st.builds(
    Original,
    message_id=st.sampled_from([None, "one@acme.example", "many@acme.example", "theirs@other.example"]),
    envid=st.sampled_from([None, token(1), token(2), token(9, OTHER.number, "other.example"), "x"]),
    return_path=st.sampled_from([None, f"{token(3)}@acme.example", "<>"]),
)


@given(st.lists(claims, max_size=5), originals, st.sampled_from([None, "acme"]))
def test_with_one_token_only_its_own_recipient_can_change(
    reports: list[Report], original: Original, account: str | None
) -> None:
    """Security, threats 1 and 2: whatever a mail to Ann's return address says, it moves Ann or nobody."""
    found = Mail(tuple(reports), AT_TOKEN, original, account=account).ties()
    assert len(found) == len(reports)
    proven = [tie for tie in found if tie is not None and tie.standing is Standing.PROVEN]
    assert {(tie.account, tie.address) for tie in proven} <= {("acme", "Ann@b.example")}


@given(st.lists(claims, max_size=5), originals, st.sampled_from([None, "acme", "other"]))
def test_without_a_token_nobody_can_change(
    reports: list[Report], original: Original, account: str | None
) -> None:
    found = Mail(tuple(reports), "bounces@acme.example", original, account=account).ties()
    assert all(tie is None or tie.standing is Standing.UNPROVEN for tie in found)


@given(st.lists(claims, max_size=5), originals, st.sampled_from(Proof))
def test_nothing_crosses_from_one_account_to_another(
    reports: list[Report], original: Original, proof: Proof
) -> None:
    found = Mail(tuple(reports), AT_TOKEN, original, proof, "other").ties()
    assert all(tie is None or tie.account == "other" for tie in found)


def test_a_report_about_nobody_ties_to_nothing() -> None:
    assert Mail((failed(None),), proof=Proof.OPEN, account="acme").ties() == [None]
    assert Mail((failed("a@b@c.example"),), proof=Proof.OPEN, account="acme").ties() == [None]
