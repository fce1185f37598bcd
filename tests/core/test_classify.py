"""Report → verdict: which evidence decides, and what must never happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.classify import Classifier, Rulebook, classify
from retour.flow.judge import judge_reply
from retour.model import GROUPS, Action, Group, Kind, Part, Party, Reading, Reason, Report, Verdict

TEXTS = st.one_of(st.none(), st.text(max_size=300))
CODES = st.one_of(st.none(), st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True), st.text(max_size=6))
REPLIES = st.one_of(st.none(), st.from_regex(r"[245]\d\d", fullmatch=True), st.text(max_size=4))
REPORTS = st.builds(
    Report,
    kind=st.sampled_from(Kind),
    recipient=TEXTS,
    original_recipient=TEXTS,
    action=st.one_of(st.none(), st.sampled_from(Action)),
    status=CODES,
    reply_code=REPLIES,
    diagnostic=TEXTS,
    remote_mta=TEXTS,
    text=st.text(max_size=300),
    mta=st.one_of(st.none(), st.sampled_from(("exim", "postfix", "sendmail"))),
    at=st.one_of(st.none(), st.integers(0, 2**60)),
    final_recipient=TEXTS,
)


def judged(text: str) -> Verdict:
    return judge_reply(text)[1]


@given(REPORTS)
def test_any_report_has_a_verdict(report: Report) -> None:
    verdict = classify(report, Reading(report.kind, (report,), text=report.text))
    assert 0 <= verdict.confidence <= 1
    if verdict.kind in (Kind.BOUNCE, Kind.DELAY):
        assert verdict.reason is not None
        assert verdict.group is GROUPS[verdict.reason]
    else:
        assert (verdict.reason, verdict.group) == (None, None)


@given(
    REPORTS.filter(lambda report: report.kind in (Kind.BOUNCE, Kind.DELAY)),
    st.sampled_from(["stopped", "held"]),
)
def test_our_own_refusal_is_suppressed_whatever_the_code(report: Report, marker: str) -> None:
    said = f"550 5.1.1 user unknown, mailbox full [retour:{marker}] {report.diagnostic or ''}"
    ours = Report(kind=report.kind, status=report.status, reply_code=report.reply_code, diagnostic=said)
    assert classify(ours).kind is Kind.SUPPRESSED
    assert classify(ours).refused_by is Party.OURS


@given(st.text(max_size=200))
def test_a_bare_550_is_never_dead_without_words_about_the_recipient(text: str) -> None:
    letters = "".join(letter for letter in text if letter in " .,:;-0")
    assert (
        classify(Report(kind=Kind.BOUNCE, reply_code="550", diagnostic=f"550 {letters}")).group
        is Group.UNKNOWN
    )


@pytest.mark.parametrize(
    "reply", ["", " ", "550", "550 5.0.0", "554 5.0.0 rejected", "\x00\xff", "x" * 10_000]
)
def test_without_a_cause_it_cannot_be_told(reply: str) -> None:
    assert judged(reply).reason is Reason.UNDETERMINED


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.7.1 user unknown", Reason.ADDRESS_UNKNOWN),  # 5.7.1 is overloaded: the text decides
        ("550 5.7.1 message refused: spam", Reason.SPAM_REJECTED),
        ("550 5.1.1 blocked by our reputation service", Reason.BAD_REPUTATION),
        ("550 5.1.1 access denied", Reason.POLICY_REJECTED),
        ("550 5.1.1 relaying denied", Reason.POLICY_REJECTED),
        ("450 4.1.1 greylisted, try again in 300 seconds", Reason.RATE_LIMITED),
        ("550 5.1.1 mailbox over quota", Reason.MAILBOX_FULL),
        ("552 5.2.2 mailbox full", Reason.MAILBOX_FULL),
        ("550 5.4.4 nowhere.example: Host not found, try again", Reason.DNS_TEMPORARY),
        ("550 5.4.4 Host or domain name not found", Reason.DOMAIN_UNKNOWN),
        ("450 4.4.4 unable to route", Reason.ROUTING_ERROR),
        ("450 4.4.4", Reason.SERVER_UNREACHABLE),
        ("550 4.4.7 message expired: connection refused", Reason.SERVER_UNREACHABLE),
        ("550 4.4.7 message expired, mailbox is full", Reason.MAILBOX_FULL),
        ("550 4.4.7 message expired", Reason.DELIVERY_EXPIRED),
        ("552 5.3.4 message too big", Reason.MESSAGE_TOO_LARGE),
        ("556 5.1.10 recipient domain has null MX", Reason.DOMAIN_NO_MAIL),
        ("525 4.7.13 user account is disabled", Reason.MAILBOX_DISABLED),
        ("550 5.7.17 mailbox owner has changed", Reason.OWNER_CHANGED),
    ],
)
def test_which_evidence_decides(reply: str, reason: Reason) -> None:
    assert judged(reply).reason is reason


def test_a_contradiction_is_recorded_and_lowers_the_confidence() -> None:
    agreed, contradicted = judged("550 5.1.1 user unknown"), judged("550 5.7.1 user unknown")
    assert contradicted.conflicts == ("status 5.7.1 says policy_rejected",)
    assert agreed.conflicts == ()
    assert contradicted.confidence < agreed.confidence


@pytest.mark.parametrize(
    "reply", ["450 4.2.0 greylisted, try again", "mailbox is full: retry timeout exceeded"]
)
def test_words_that_go_with_any_cause_contradict_none(reply: str) -> None:
    assert judged(reply).conflicts == ()


def test_names_in_addresses_are_not_the_servers_words() -> None:
    verdict = judged("550 5.1.1 <spam-blocked@mailbox-full.example>: User unknown")
    assert (verdict.reason, verdict.conflicts) == (Reason.ADDRESS_UNKNOWN, ())


def test_a_code_repeated_in_every_line_does_not_cut_a_phrase() -> None:
    verdict = judged("550-5.1.1 The email account that you tried to reach does\\n550 5.1.1 not exist.")
    assert verdict.confidence > judged("550 5.1.1").confidence  # the words agree with the code


def test_the_details_of_a_block_are_told() -> None:
    verdict = judged(
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; "
        "see https://www.spamhaus.org/query/ip/192.0.2.1."
    )
    assert verdict.blocklist == "Spamhaus ZEN"
    assert verdict.url == "https://www.spamhaus.org/query/ip/192.0.2.1"
    assert verdict.refused_by is Party.RECIPIENT


def test_what_our_own_side_found_out_is_not_the_recipients_refusal() -> None:
    report = Report(
        kind=Kind.BOUNCE, status="4.4.1", diagnostic="connect to mx.b.example: Connection refused"
    )
    assert classify(report).refused_by is Party.OURS


def test_a_refusal_behind_a_forwarding_is_the_forwarders() -> None:
    report = Report(
        kind=Kind.BOUNCE,
        recipient="a@far.example",
        original_recipient="a@near.example",
        remote_mta="mx.far.example",
        diagnostic="550 5.1.1 user unknown",
    )
    assert classify(report).refused_by is Party.FORWARDER


def test_a_code_that_sendmail_made_up_kills_nobody() -> None:
    said = Report(
        kind=Kind.BOUNCE,
        status="5.1.1",
        reply_code="550",
        diagnostic="550 go away",
        text="<<< 550 go away\n550 5.1.1 <a@b.example>... User unknown",
    )
    assert classify(said).reason is Reason.ADDRESS_UNKNOWN
    assert classify(said._replace(mta="sendmail")).reason is Reason.UNDETERMINED
    assert classify(said._replace(mta="sendmail", diagnostic="550 no such user")).group is Group.DEAD
    bare = said._replace(mta="sendmail", status="5.1.3", reply_code="553", diagnostic="553 go away", text="")
    assert classify(bare).reason is Reason.UNDETERMINED
    assert classify(bare._replace(mta="exim")).reason is Reason.ADDRESS_INVALID


def test_what_is_told_of_one_recipient_condemns_no_other() -> None:
    said = "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown"
    one = Report(kind=Kind.BOUNCE, recipient="a@b.example", status="5.1.1", reply_code="550", diagnostic=said)
    other = one._replace(recipient="b@b.example")
    reading = Reading(Kind.BOUNCE, (one, other))
    assert classify(one, reading).group is Group.DEAD
    assert classify(other, reading).reason is Reason.UNDETERMINED
    assert "another recipient" in classify(other, reading).conflicts[0]
    assert (
        classify(other, Reading(Kind.BOUNCE, (other,))).group is Group.DEAD
    )  # an alias: nobody else is meant


def test_words_of_people_kill_nobody_where_the_server_says_something_else() -> None:
    prose = "Please check it: the address does not exist."
    said = Report(kind=Kind.BOUNCE, status="5.0.0", reply_code="550", diagnostic="550 blocked", text=prose)
    assert classify(said).group is Group.BLOCK
    assert classify(said._replace(diagnostic="550")).group is Group.DEAD


@pytest.mark.parametrize(
    "reply", ["450 4.1.1 user unknown, try again later", "451 no such user, temporary error"]
)
def test_a_temporary_code_with_words_of_something_passing_kills_nobody(reply: str) -> None:
    assert judged(reply).group is Group.TRANSPORT


def test_a_temporary_code_alone_saves_nobody() -> None:
    assert judged("450 4.1.1 <a@b.example>: Recipient address rejected: User unknown").group is Group.DEAD


def test_a_part_is_named_for_refusals_of_sender_and_content_only() -> None:
    assert judged("550 5.7.1 Subject contains forbidden words").part is Part.SUBJECT
    assert judged("552 5.7.0 Banned file: invoice.exe").part is Part.ATTACHMENT
    assert judged("550 5.1.1 user unknown, message header follows").part is None


def test_without_rules_nothing_is_known() -> None:
    verdict = Classifier(Rulebook(())).classify(
        Report(kind=Kind.BOUNCE, status="5.1.1", diagnostic="user unknown")
    )
    assert (verdict.reason, verdict.rule, verdict.confidence) == (Reason.UNDETERMINED, "none", 0.0)


def test_hostile_text_is_read_in_bounded_time() -> None:
    for text in ("a@" * 50_000, "user " * 50_000, "550-" * 50_000, "." * 200_000):
        report = Report(kind=Kind.BOUNCE, diagnostic=text, remote_mta=text)
        assert classify(report).kind is Kind.BOUNCE


def test_a_host_that_did_not_answer_refused_nothing() -> None:
    """RFC 3464 §2.3.5: Remote-MTA names the host that was asked, also where it never said a word."""
    silent = Report(
        Kind.BOUNCE, status="4.4.1", diagnostic="connect: Connection timed out", remote_mta="mx.b.test"
    )
    assert classify(silent).refused_by is Party.OURS
    _, said = judge_reply("550 5.1.2 mx.b.test: Host unknown")
    assert said.refused_by is Party.RECIPIENT


@pytest.mark.parametrize("reply", ["250 2.0.0 Ok: queued as 4Xy", "250 OK", "250", "251 2.1.5 Recipient ok"])
def test_a_reply_that_accepts_is_no_bounce(reply: str) -> None:
    report, verdict = judge_reply(reply)
    assert (report.kind, verdict.kind, verdict.reason) == (Kind.DELIVERED, Kind.DELIVERED, None)


def test_a_number_at_the_beginning_is_not_always_a_code() -> None:
    assert judged("250 messages per hour exceeded").reason is Reason.RATE_LIMITED


def test_a_providers_words_kill_nobody_beside_a_clear_refusal() -> None:
    said = Report(
        Kind.BOUNCE,
        reply_code="550",
        diagnostic="550 user unknown, your IP is blacklisted",
        remote_mta="mx.t-online.de",
    )
    assert classify(said).group is Group.BLOCK
    assert classify(said._replace(diagnostic="550 user unknown")).reason is Reason.ADDRESS_UNKNOWN


@pytest.mark.parametrize(
    ("reply", "part"),
    [
        ("554 5.7.1 The subject of your message was refused", Part.SUBJECT),
        ("550 Betreffzeile enthält verbotene Wörter, abgelehnt", Part.SUBJECT),
        ("550 5.7.1 Rejected: asunto no permitido", Part.SUBJECT),
        ("554 5.7.1 Message body contains prohibited content", Part.BODY),
        ("550 5.7.1 attachment with extension .js is not allowed", Part.ATTACHMENT),
        ("550 Allegato non consentito", Part.ATTACHMENT),
        ("554 5.7.1 Banned file in archive", Part.ATTACHMENT),
        ("550 5.7.1 a link in your message is blacklisted", Part.LINK),
        ("554 5.7.1 Message contains a URL listed at multi.surbl.org", Part.LINK),
        ("550 5.7.1 Message has no From: header", Part.HEADER),
        ("550 5.6.0 Date header is invalid", Part.HEADER),
        ("553 5.1.8 Sender address rejected: Domain not found", Part.SENDER),
        ("550 Expéditeur bloqué", Part.SENDER),
        ("554 5.1.0 Sender denied", Part.SENDER),
        ("554 5.7.1 Message rejected as spam", None),
        ("550 5.1.1 user unknown, see the link in the subject", None),
    ],
)
def test_the_part_that_was_refused_is_told(reply: str, part: Part | None) -> None:
    assert judged(reply).part is part


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        ("550 blocked, see https://www.spamhaus.org/sbl/query/SBL1", "Spamhaus SBL"),
        ("554 blocked using xbl.spamhaus.org", "Spamhaus XBL"),
        ("554 5.7.1 listed in pbl.spamhaus.org", "Spamhaus PBL"),
        ("554 5.7.1 listed by Spamhaus", "Spamhaus"),
        ("550 see https://www.spamcop.net/bl.shtml?192.0.2.1", "SpamCop"),
        ("554 blocked using b.barracudacentral.org", "Barracuda"),
        ("554 blocked using bl.spameatingmonkey.net", "Spam Eating Monkey"),
        ("550 rejected: csi.cloudmark.com/reset-request", "Cloudmark"),
        ("550 5.7.1 your IP is on our blacklist", None),
    ],
)
def test_the_blocklist_is_named(reply: str, name: str | None) -> None:
    assert judged(reply).blocklist == name


@pytest.mark.parametrize(
    ("reply", "url"),
    [
        ("550 refused (https://b.example/x?ip=192.0.2.1).", "https://b.example/x?ip=192.0.2.1"),
        ("550 refused, see www.b.example/help.", "www.b.example/help"),
        ("550 refused", None),
    ],
)
def test_the_page_of_a_reply_is_told(reply: str, url: str | None) -> None:
    assert judged(reply).url == url
