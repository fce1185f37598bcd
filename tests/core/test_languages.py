"""Notices for people in the languages of the world give recipient, kind and reason, in any wrapping."""

import tomllib
from email import charset
from email.header import Header
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from retour.flow.judge import judge, judge_reply
from retour.model import Group, Kind, Reason

NOTICES = tomllib.loads((Path(__file__).parents[1] / "samples" / "notices.toml").read_text(encoding="utf-8"))[
    "notice"
]
REASONS = {
    "unknown": (Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_DISABLED),
    "full": (Reason.MAILBOX_FULL,),
    "blocked": (Reason.SPAM_REJECTED, Reason.POLICY_REJECTED, Reason.SENDER_BLOCKED),
    "too_large": (Reason.MESSAGE_TOO_LARGE,),
    "expired": (Reason.DELIVERY_EXPIRED, Reason.SERVER_UNREACHABLE),
}
WRAPPINGS = ("own charset", "utf-8", "html", "named as latin-1", "unnamed utf-8")
CASES = [
    pytest.param(notice, cause, wrapping, id=f"{number}-{cause}-{wrapping}")
    for number, notice in enumerate(NOTICES)
    for cause in REASONS
    for wrapping in WRAPPINGS
]


def test_all_languages_are_there() -> None:
    assert len(NOTICES) >= 2 * 16


@pytest.mark.parametrize(("notice", "cause", "wrapping"), CASES)
def test_a_notice_is_understood(notice: dict[str, str], cause: str, wrapping: str) -> None:
    judged = judge(mail(notice, cause, wrapping))
    assert judged.kind is Kind.BOUNCE
    assert [report.recipient for report in judged.reading.reports] == ["bo@b.example"]
    assert judged.verdicts[0].reason in REASONS[cause]


def mail(notice: dict[str, str], cause: str, wrapping: str) -> bytes:
    """The notice as a mail of its provider, wrapped as people and programs wrap it."""
    words = notice[cause].format(a="bo@b.example") + "\n"
    name = notice["charset"] if wrapping == "own charset" else "utf-8"
    subtype = "html" if wrapping == "html" else "plain"
    if subtype == "html":
        words = "<html><body><p>" + words.replace("\n\n", "</p><p>") + "</p></body></html>"
    kind = charset.Charset(name)
    kind.body_encoding = charset.BASE64 if cause in ("unknown", "full") else charset.QP
    if name == "iso-2022-jp":
        kind.body_encoding = None
    built = MIMEText(words, subtype, kind)
    built["Return-Path"] = "<>"
    built["From"] = "Mail system <postmaster@b.example>"
    built["To"] = "news@shop.example"
    built["Subject"] = Header(notice["subject"], name)
    raw = built.as_bytes()
    if wrapping == "named as latin-1":
        return raw.replace(b'charset="utf-8"', b'charset="iso-8859-1"', 1)
    return raw.replace(b'; charset="utf-8"', b"", 1) if wrapping == "unnamed utf-8" else raw


@pytest.mark.parametrize(
    "reply",
    [
        "550 IP-адрес 192.0.2.1 не найден в списке разрешённых",
        "550 L'adresse IP 192.0.2.1 n'existe pas dans le DNS",
        "550 La dirección IP 192.0.2.1 no existe en el DNS",
        "550 Adres IP nie istnieje w DNS",
        "550 IP-adres 192.0.2.1 bestaat niet in DNS",
        "550 IP adresi bulunamadı",
        "550 IP 주소를 찾을 수 없습니다",
        "550 L'adresse de l'expéditeur n'existe pas",
        "550 Konto nadawcy zostało zablokowane",
        "550 Учетная запись отправителя отключена",
        "550 Ihr Konto wurde wegen Spamversands gesperrt",
        "552 Mögliche Gründe: Die Adresse existiert nicht, oder das Postfach ist voll.",
    ],
)
def test_no_words_about_the_sender_declare_the_address_dead(reply: str) -> None:
    _, verdict = judge_reply(reply)
    assert verdict.group is not Group.DEAD
