"""From raw bytes to the object of the command-line contract."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.flow.judge import explained, judge, judge_reply, type_of
from retour.lifecycle import preset
from retour.model import BounceType, Kind, Reason

DSN = b"""From: MAILER-DAEMON@mx.sender.example
To: news@sender.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <1@mx.sender.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<a@b.example>: host mx.b.example[192.0.2.1] said: %(reply)s

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.sender.example
X-Postfix-Queue-ID: 4ABC
Original-Envelope-Id: send-17

Final-Recipient: rfc822; a@b.example
Action: failed
Status: %(status)s
Remote-MTA: dns; mx.b.example
Diagnostic-Code: smtp; %(reply)s

--b
Content-Type: message/rfc822

From: News <news@sender.example>
To: a@b.example
Subject: News of March
Date: Sun, 1 Mar 2026 09:00:00 +0000
Message-ID: <m1@sender.example>

Hello
--b--
"""


KEYS = (
    "recipient original_recipient action status reply_code diagnostic remote_mta refused_by part blocklist"
    " url reason group type rule matched confidence conflicts"
)


def dsn(reply: str, status: str = "5.0.0") -> bytes:
    return DSN % {b"reply": reply.encode(), b"status": status.encode()}


def test_the_object_has_all_keys_in_the_order_of_the_contract() -> None:
    shown = explained("bounce.eml", judge(dsn("550 5.1.1 user unknown", "5.1.1")), preset("default"))
    assert list(shown) == ["source", "kind", "message_id", "mta", "reports", "original", "defects"]
    assert list(shown["original"]) == ["message_id", "subject", "from", "date", "envid"]
    assert [*shown["reports"][0]][:-2] == KEYS.split()
    assert json.loads(json.dumps(shown)) == {
        "source": "bounce.eml",
        "kind": "bounce",
        "message_id": "1@mx.sender.example",
        "mta": "postfix",
        "reports": [
            {
                "recipient": "a@b.example",
                "original_recipient": None,
                "action": "failed",
                "status": "5.1.1",
                "reply_code": "550",
                "diagnostic": "550 5.1.1 user unknown",
                "remote_mta": "mx.b.example",
                "refused_by": "recipient",
                "part": None,
                "blocklist": None,
                "url": None,
                "reason": "address_unknown",
                "group": "dead",
                "type": "hard",
                "rule": "code.1.1",
                "matched": "5.1.1",
                "confidence": 0.97,
                "conflicts": [],
                "kind": "bounce",
                "final_recipient": None,
            }
        ],
        "original": {
            "message_id": "m1@sender.example",
            "subject": "News of March",
            "from": "News <news@sender.example>",
            "date": "Sun, 1 Mar 2026 09:00:00 +0000",
            "envid": "send-17",
        },
        "defects": [],
    }


@pytest.mark.parametrize("marker", ["[retour:stopped]", "[retour:held]"])
@pytest.mark.parametrize("code", ["550 5.7.1", "450 4.7.1", "550 5.1.1", "552 5.2.2"])
def test_our_own_refusal_makes_the_whole_message_suppressed(marker: str, code: str) -> None:
    judged = judge(dsn(f"{code} Sending to this recipient is stopped (mailbox full) {marker}", code[4:]))
    shown = explained("x", judged, preset("default"))
    assert (shown["kind"], shown["reports"][0]["type"]) == ("suppressed", None)
    assert judged.verdicts[0].reason is None


@pytest.mark.parametrize(
    ("reply", "default", "kwiga", "emarsys"),
    [
        ("550 5.1.1 user unknown", "hard", "hard", "hard"),
        ("550 5.1.2 no such domain", "soft", "hard", "soft"),  # hard_confirmed shows as soft
        ("550 rejected by the recipient", "block", "hard", "block"),
        ("550 this message is spam", "block", "soft", "block"),
        ("552 5.2.2 mailbox full", "soft", "soft", "soft"),
        ("550", "soft", "soft", "soft"),  # undetermined looks soft and never counts
    ],
)
def test_the_type_is_the_presets_reading_of_the_reason(
    reply: str, default: str, kwiga: str, emarsys: str
) -> None:
    verdict = judge_reply(reply)[1]
    for name, expected in (("default", default), ("kwiga", kwiga), ("emarsys", emarsys)):
        assert type_of(verdict, preset(name)) is BounceType(expected)


def test_a_delay_has_a_reason_and_no_type() -> None:
    raw = dsn("450 4.2.0 greylisted", "4.2.0").replace(b"failed", b"delayed")
    shown = explained("x", judge(raw), preset("default"))
    report = shown["reports"][0]
    assert (shown["kind"], report["reason"], report["type"]) == ("delay", "rate_limited", None)


def test_the_human_part_is_read_where_the_codes_say_nothing() -> None:
    raw = (
        b"From: Mail Delivery System <Mailer-Daemon@mx.example>\n"
        b"Subject: Mail delivery failed: returning message to sender\n"
        b"X-Failed-Recipients: a@b.example\n\n"
        b"This message was created automatically by mail delivery software.\n\n"
        b"A message that you sent could not be delivered to one or more of its\n"
        b"recipients. This is a permanent error. The following address(es) failed:\n\n"
        b"  a@b.example\n    mailbox is full: retry timeout exceeded\n"
    )
    judged = judge(raw)
    assert [verdict.reason for verdict in judged.verdicts] == [Reason.MAILBOX_FULL]


@given(st.binary(max_size=2000))
def test_any_bytes_are_explained(raw: bytes) -> None:
    shown = explained("x", judge(raw), preset("default"))
    assert Kind(shown["kind"])
    assert json.dumps(shown).isascii()


@given(st.text(max_size=400))
def test_any_line_is_a_reply(line: str) -> None:
    report, verdict = judge_reply(line)
    assert verdict.kind is report.kind or verdict.kind is Kind.SUPPRESSED
