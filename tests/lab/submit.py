"""Handing the mail of a scenario to the server under test, over SMTP or with its sendmail command."""

import smtplib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.network import SERVER

_HEAD = """\
{hops}From: "Shop Example" <news@shop.example>
To: {to}
Subject: {subject}
Message-ID: <{name}.4711@shop.example>
Date: Mon, 02 Mar 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: {encoding}

{text}
"""
_HOP = "Received: from a{n}.example by b{n}.example; Mon, 02 Mar 2026 08:00:00 +0000\n"


def sender_of(name: str, scenario: Mapping[str, Any]) -> str:
    """The envelope sender; it names the scenario, so that what comes home can be tied to it."""
    return str(scenario.get("sender", f"rt-{name}@shop.example"))


def mail_of(name: str, scenario: Mapping[str, Any]) -> bytes:
    """The mail, with LF."""
    text = "Dear reader, spring is here.\n"
    if scenario.get("eight") or scenario.get("utf8"):
        text += "Grüße aus Köln\n"
    if scenario.get("big"):
        text += "All that is new in the shop this spring, on one long page.\n" * 60
    return _HEAD.format(
        hops="".join(_HOP.format(n=n) for n in range(scenario.get("hops", 0))),
        to=", ".join(scenario["to"]),
        subject="Spring sale",
        name=name,
        encoding="8bit" if "Gr" in text else "7bit",
        text=text.rstrip("\n"),
    ).encode()


def over_smtp(name: str, scenario: Mapping[str, Any]) -> str:
    """Submit; what the server refused at once ends in words, nothing provoked."""
    options = [f"{key.upper()}={scenario[key]}" for key in ("ret", "envid") if key in scenario]
    if scenario.get("utf8"):
        options.append("SMTPUTF8")
    if scenario.get("utf8") or scenario.get("eight"):
        options.append("BODY=8BITMIME")
    with smtplib.SMTP(SERVER, 25, local_hostname="app.shop.example", timeout=120) as smtp:
        smtp.ehlo()
        if scenario.get("utf8"):
            smtp.command_encoding = "utf-8"
        refused = [smtp.docmd("MAIL", f"FROM:<{sender_of(name, scenario)}> {' '.join(options)}".strip())]
        for to in scenario["to"]:
            refused.append(smtp.docmd("RCPT", f"TO:<{to}> {_wishes(scenario)}".strip()))
        if any(code < 300 for code, _ in refused[1:]) and refused[0][0] < 300:
            refused.append(smtp.data(mail_of(name, scenario).replace(b"\n", b"\r\n")))
    return "; ".join(f"{code} {words.decode('utf-8', 'replace')}" for code, words in refused if code >= 400)


def _wishes(scenario: Mapping[str, Any]) -> str:
    wishes = [f"NOTIFY={scenario['notify']}"] if "notify" in scenario else []
    if "orcpt" in scenario:
        wishes.append(f"ORCPT=rfc822;{scenario['orcpt'].replace('+', '+2B')}")
    return " ".join(wishes)


def by_command(root: Path, command: Sequence[str], name: str, scenario: Mapping[str, Any]) -> str:
    """Submit with the server's own sendmail; its words when it fails."""
    words = [*command, "-f", sender_of(name, scenario)]
    for option, key in (("-N", "notify"), ("-R", "ret"), ("-V", "envid")):
        if key in scenario and "sendmail" in command[0]:
            words += [option, scenario[key].lower() if key != "envid" else scenario[key]]
    run = subprocess.run(
        ["chroot", str(root), *words, "--", *scenario["to"]],
        input=mail_of(name, scenario),
        capture_output=True,
        timeout=120,
    )
    return "" if run.returncode == 0 else (run.stdout + run.stderr).decode("utf-8", "replace").strip()
