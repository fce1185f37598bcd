"""`retour simulator`: a mail server that refuses on demand, and posts of providers, for tests."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from retour.cli import app
from retour.cli.store import Language
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from enum import StrEnum

    from retour.simulator.catalogue import Mailbox
    from retour.simulator.hooks import Happening, Request, Signer
    from retour.texts import Catalogue

E = TypeVar("E", bound="StrEnum")
REFUSED = 1
CANNOT_BE_MADE = 2

simulator = typer.Typer(no_args_is_help=True)
app.add_typer(
    simulator,
    name="simulator",
    help="A mail server that refuses on demand, and posts of providers, for tests.",
)


@simulator.command("list")
def list_mailboxes(
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON an address.")] = False,
    domain: Annotated[str, typer.Option(help="Domain of the addresses.")] = "simulator.example",
    lang: Language = "en",
) -> None:
    """Every address: what it says, when, and what Retour makes of it."""
    from retour.simulator.catalogue import mailboxes
    from retour.simulator.hooks import PROVIDERS

    words = _words(lang)
    language = words.language.removeprefix("simulator.")
    if as_json:
        for each in mailboxes():
            typer.echo(json.dumps(_object(each, domain, language)))
        return
    for each in mailboxes():
        typer.echo(f"{each.name + '@' + domain:50} {words(f'form.{each.form}'):42} {_text(each, language)}")
    typer.echo(f"\n{words('list.before')}\n\n{words('list.providers')}")
    for name, provider in PROVIDERS.items():
        typer.echo(f"  {name:11} {', '.join(provider.kinds)}")


@simulator.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 2526,
    deliver_to: Annotated[str, typer.Option(help="Where reports go, host:port.")] = "",
    lmtp: Annotated[bool, typer.Option("--lmtp", help="Speak LMTP there.")] = False,
    late: Annotated[float, typer.Option(min=0, help="Seconds from a delay to the failure (late-).")] = 2.0,
    lang: Language = "en",
) -> None:
    """Run the mail server until it is interrupted."""
    import asyncio

    words = _words(lang)
    place = None if not deliver_to else (*_place(deliver_to, words), lmtp)
    asyncio.run(_serve(host, port, place, late, words))


@simulator.command()
def post(
    provider: Annotated[str, typer.Option(help="Who posts: ses, sendgrid, mailgun ... (see list).")],
    recipient: Annotated[str, typer.Option(help="Whom it is about.")],
    reason: Annotated[str, typer.Option(help="Why, of a bounce or a delay.")] = "address_unknown",
    kind: Annotated[str, typer.Option(help="What happened: bounce, delay, complaint ...")] = "bounce",
    url: Annotated[str, typer.Option(help="Where to post it; without, it is printed.")] = "",
    key: Annotated[str, typer.Option(help="Secret or key, as the receiver's settings have it.")] = "",
    key_file: Annotated[Path | None, typer.Option(help="A file with it, a private key in PEM.")] = None,
    scheme: Annotated[str, typer.Option(help="How to sign, where a provider has several ways.")] = "",
    header: Annotated[str, typer.Option(help="Header of the schemes header and hmac.")] = "X-Retour-Key",
    query: Annotated[str, typer.Option(help="Name in the query of the scheme query.")] = "key",
    signed_url: Annotated[str, typer.Option(help="The URL that Mandrill signs, if not --url.")] = "",
    event_id: Annotated[str, typer.Option(help="Id of the event; a new one by default.")] = "",
    message_id: Annotated[str, typer.Option(help="The provider's id of the message.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the message; may be repeated.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option(help="key=value given along; may be repeated.")
    ] = None,
    body_only: Annotated[bool, typer.Option("--body", help="Print the body alone.")] = False,
    lang: Language = "en",
) -> None:
    """Make the post of a provider, signed as it signs; print it, or send it to a URL.

    Ends with 1 when the receiver did not answer 2xx, and with 2 when the post cannot be made.
    """
    from retour.clock import SystemClock
    from retour.model import Kind, Reason
    from retour.simulator.hooks import Signer, happened

    words = _words(lang)
    it = happened(
        _one_of(Kind, kind, "kind", words),
        recipient,
        SystemClock().now(),
        _one_of(Reason, reason, "reason", words),
        event_id=event_id,
        message_id=message_id,
        tags=tuple(tag or ()),
        metadata=dict(_pair(text, words) for text in metadata or ()),
    )
    by = Signer(_key(key, key_file, words), header, query, signed_url or url)
    request = _made(provider, it, by, scheme, words)
    if url:
        raise typer.Exit(_posted(request, url, words))
    head = [f"{name}: {value}" for name, value in request.headers.items()]
    if request.query:
        head.insert(0, f"?{request.query}")
    body = request.body.decode()
    typer.echo(body if body_only else "\n".join([*head, "", body]))


def _made(provider: str, it: "Happening", by: "Signer", scheme: str, words: "Catalogue") -> "Request":
    from retour.simulator.hooks import HookError, made

    try:
        return made(provider, it, by, scheme)
    except HookError as error:
        raise _ended(words(f"hook.{error.code}", **error.details)) from error


def _posted(request: "Request", url: str, words: "Catalogue") -> int:
    from retour.cli.client import posted

    if not url.startswith(("http://", "https://")):
        raise _ended(words("post.no_url", url=url))
    place = f"{url}?{request.query}" if request.query else url
    try:
        status, answer = posted(place, request.body, request.headers)
    except OSError as error:
        raise _ended(words("post.unreachable", url=url, reason=getattr(error, "reason", error))) from error
    typer.echo(safe(words("post.answered", url=url, status=status)))
    if answer:
        typer.echo(safe(answer))
    return 0 if 200 <= status < 300 else REFUSED


async def _serve(
    host: str, port: int, place: tuple[str, int, bool] | None, late: float, words: "Catalogue"
) -> None:
    import asyncio
    import signal

    from retour.simulator import serve_simulator

    try:
        running = await serve_simulator(host, port, place, late=late)
    except OSError as error:
        raise _ended(words("run.no_port", host=host, port=port, reason=error.strerror or error)) from error
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    typer.echo(words("run.ready", host=host, port=running.port))
    reports = words("run.no_reports") if place is None else words("run.reports", host=place[0], port=place[1])
    typer.echo(reports)
    await stop.wait()
    await running.close()


def _object(each: "Mailbox", domain: str, language: str) -> dict[str, object]:
    return {
        "address": f"{each.name}@{domain}",
        "form": each.form.value,
        "kind": each.kind.value if each.kind else None,
        "reason": each.answer.reason,
        "reply": each.answer.reply or None,
        "text": _text(each, language),
    }


def _text(each: "Mailbox", language: str) -> str:
    return (each.answer.texts or {}).get(language, "")


def _place(text: str, words: "Catalogue") -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise _ended(words("run.no_place", place=safe(text)))
    return host, int(port)


def _one_of(known: type[E], given: str, name: str, words: "Catalogue") -> E:
    try:
        return known(given)
    except ValueError as error:
        names: Sequence[str] = [each.value for each in known]
        raise _ended(words(f"post.no_{name}", **{name: safe(given)}, known=", ".join(names))) from error


def _pair(text: str, words: "Catalogue") -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise _ended(words("post.no_metadata", text=safe(text)))
    return key, value


def _key(key: str, file: Path | None, words: "Catalogue") -> str:
    if file is None:
        return key
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise _ended(words("post.no_key_file", path=safe(str(file)), reason=reason)) from error


def _ended(sentence: str) -> typer.Exit:
    """Say what went wrong; the exception that ends the command."""
    typer.echo(f"retour: {safe(sentence)}", err=True)
    return typer.Exit(CANNOT_BE_MADE)


def _words(lang: str) -> "Catalogue":
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    return catalogue(f"simulator.{catalogue_of(lang).language}")
