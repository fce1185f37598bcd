"""`retour send` and `retour address`: a sending program in small, against a running `retour serve`.

They do what an integration does, with the standard library alone: ask, register, hand over, look.
"""

from email.message import EmailMessage
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import app
from retour.cli.asked import client_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.texts import Catalogue

NOT_SENT = 1

Url = Annotated[str, typer.Option("--api", envvar="RETOUR_URL", help="Where `retour serve` answers.")]
Key = Annotated[str, typer.Option(envvar="RETOUR_KEY", help="API key of the account.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the answer: en, de.")]
API = "http://127.0.0.1:8025"


@app.command()
def send(
    recipient: Annotated[str, typer.Argument(help="Address to send one mail to.")],
    key: Key,
    smtp: Annotated[str, typer.Option(help="Mail server that takes it, host:port.")] = "127.0.0.1:25",
    kind: Annotated[str, typer.Option(help="Mail kind: mailing, automation, system.")] = "mailing",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Send one mail as a program should: ask first, register it, use its return address."""
    client, words = client_of(api, key, lang, "send")
    answer = client.get("/v1/check", address=recipient, kind=kind)
    if answer["decision"] != "send":
        verb = "send.held" if answer["decision"] == "hold" else "send.stopped"
        _say(words(verb, address=recipient, why=words(f"why.{answer['why']}")))
        raise typer.Exit(NOT_SENT)
    _warn(answer, words)
    registered = client.post("/v1/sends", {"recipient": recipient, "kind": kind, "subject": "Hello"})
    _say(
        words(
            "send.registered",
            send=registered["send"],
            address=recipient,
            return_address=registered["return_address"],
        )
    )
    refusal = _hand_over(smtp, registered["return_address"], registered["envid"], recipient, words)
    if refusal is None:
        _say(words("send.accepted", server=smtp))
        return
    _say(words("send.refused", server=smtp, reply=refusal))
    _say(words("send.would_bounce"))
    raise typer.Exit(NOT_SENT)


@app.command()
def address(
    address: Annotated[str, typer.Argument(help="Address to look at.")],
    key: Key,
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Say the state of an address, why, and on which evidence."""
    from retour.cli.explain import catalogue_of

    client, words = client_of(api, key, lang, "send")
    life = client.find(f"/v1/addresses/{client.quoted(address)}")
    if life is None:
        _say(words("address.unknown", address=address))
        return
    for line in _told(life, words, catalogue_of(lang)):
        _say(line)


def _warn(answer: dict[str, Any], words: "Catalogue") -> None:
    """Say that a mail goes out only because of the list of what is never stopped."""
    if answer["why"] == "never_stop" and answer["would_be"] not in (None, "send"):
        from retour.texts import catalogue

        told = {"address": answer["address"], "would_be": answer["would_be"]}
        language = words.language.rpartition(".")[2]  # of "send.en"
        typer.echo(safe(catalogue(f"never_stop.{language}")("said.sent", **told)), err=True)


def _hand_over(smtp: str, sender: str, envid: str, recipient: str, words: "Catalogue") -> str | None:
    """Hand one mail to a mail server; its refusal, or None when it took the mail."""
    import smtplib

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, "Hello"
    mail.set_content("Hello.\n")
    host, _, port = smtp.rpartition(":")
    try:
        with smtplib.SMTP(host or "127.0.0.1", int(port), timeout=60) as server:
            server.ehlo()
            options = [f"ENVID={envid}"] if server.has_extn("dsn") else []  # RFC 3461 §4.4
            server.send_message(mail, sender, [recipient], options)
    except smtplib.SMTPRecipientsRefused as refused:
        return _reply(*refused.recipients[recipient])
    except smtplib.SMTPResponseException as refused:
        return _reply(refused.smtp_code, refused.smtp_error)
    except (OSError, ValueError) as error:
        from retour.cli.client import ended

        raise ended(words("fault.server", server=smtp, error=error)) from error
    return None


def _reply(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"


def _told(life: dict[str, Any], words: "Catalogue", reasons: "Catalogue") -> list[str]:
    state = life["state"]
    named = {"address": life["address"], "state": words(f"state.{state['state']}")}
    lines = [words("address.state", **named)]
    if state["cause"]:
        cause = words(f"why.{state['cause']}")
        lines = [words("address.since", since=state["since"], cause=cause, **named)]
    lines.append(_counters(state, words))
    for event in life["events"]:
        lines += _event(event, words, reasons)
    lines += [_sign(sign, reasons.language) for sign in life["engagements"]]
    decisions = {
        kind: words(f"decision.{decision['decision']}") for kind, decision in life["decisions"].items()
    }
    return [*lines, words("address.decision", **decisions)]


def _sign(sign: dict[str, Any], language: str) -> str:
    """A sign of life, and whether it speaks against the bounces above."""
    from retour.texts import catalogue

    words = catalogue(f"engagement.{language}")
    kind = words(f"sign.{sign['kind']}")
    return words("shown.after" if sign["after_bounce"] else "shown.line", kind=kind, at=sign["at"])


def _counters(state: dict[str, Any], words: "Catalogue") -> str:
    """The counters of the types, and those of the reasons that have their own and are not at zero."""
    named = "".join(f", {count} {reason}" for reason, count in state["reasons"].items() if count)
    types = {type_: state[type_] for type_ in ("hard", "soft", "block")}
    return words("address.counters", **types, named=named)


def _event(event: dict[str, Any], words: "Catalogue", reasons: "Catalogue") -> list[str]:
    what = " ".join(filter(None, (event["kind"], event["reason"], event["status"])))
    lines = [words("address.event", at=event["at"], what=what)]
    if event["reason"]:
        lines.append("  " + reasons(f"reason.{event['reason']}.what"))
    if event["standing"] != "proven":
        standing = words(f"standing.{event['standing']}")
        lines.append("  " + words("address.without_effect", standing=standing))
    if event["evidence"]:
        report, verdict = event["evidence"]["report"], event["evidence"]["verdict"]
        if report["diagnostic"]:
            lines.append("  " + words("address.words", words=report["diagnostic"]))
        if verdict["matched"]:  # a complaint needs no rule
            lines.append("  " + words("address.rule", rule=verdict["rule"], matched=verdict["matched"]))
    return lines


def _say(line: str) -> None:
    typer.echo(safe(line))
