"""`retour webhook`: secrets for URLs, how the sources stand, topics that wait to be confirmed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.store import WHO, Config, Data, Language, ended, known_directory, opened, words_of
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retour.flow.topics import Operator, Subscriptions, Waiting
    from retour.inlets.webhooks.fetch import Https
    from retour.ports import Acts
    from retour.settings import Webhook, Webhooks
    from retour.stores.sqlite import SqliteInbox
    from retour.texts import Catalogue

webhook = typer.Typer(no_args_is_help=True)
app.add_typer(webhook, name="webhook", help="Webhooks of providers: URLs, how they stand, topics to confirm.")

Id = Annotated[str, typer.Argument(help="As `retour webhook pending` shows it.")]


@webhook.command()
def secret() -> None:
    """Print a secret for the path of a URL, 192 bits; nothing is kept of it."""
    typer.echo(token_urlsafe(24))


@webhook.command("list")
def list_(data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Show the sources of the settings and whether they work. Secrets are not shown."""
    words = _words(lang)
    chosen = _settings(config, lang)
    with _inbox(data, config, lang) as inbox:
        marks = inbox.cursors("webhooks/")
    for name, source in chosen.sources.items():
        state = _state(name, source, chosen, marks, words)
        url = f"{chosen.public_url.rstrip('/')}/hooks/{name}/…"
        typer.echo(f"{name}  {source.provider}  {safe(source.account)}  {safe(url)}  {state}")
    if not chosen.sources:
        typer.echo(words("say.none"), err=True)


@webhook.command()
def pending(data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Show the topics that ask to post here."""
    from retour.inlets.webhooks.subscriptions import Pending
    from retour.instants import text

    words = _words(lang)
    with _inbox(data, config, lang) as inbox:
        found = Pending(inbox, https()).pending()
    for each in found:
        kind = words(f"kind.{each.kind}")
        typer.echo(f"{each.id}  {text(each.at)}  {each.source}  {safe(each.topic)}  {kind}")
    if not found:
        typer.echo(words("say.no_pending"), err=True)


@webhook.command()
def confirm(id: Id, data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Let a topic post here. The URL is built from the topic; the one that was sent is not asked."""
    from retour.flow import topics

    words = _words(lang)
    try:
        chosen = _answer(id, topics.confirm, data, config, lang)
    except topics.UnconfirmedError as error:
        raise ended(words("fault.not_confirmed", reason=safe(str(error)))) from error
    typer.echo(words("say.confirmed", topic=safe(chosen.topic)))


@webhook.command()
def refuse(id: Id, data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Leave a topic unconfirmed, and off the list."""
    from retour.flow import topics

    chosen = _answer(id, topics.refuse, data, config, lang)
    typer.echo(_words(lang)("say.refused", topic=safe(chosen.topic)))


def https() -> "Https":
    """How the providers' hosts are reached."""
    from retour.inlets.webhooks.fetch import Https

    return Https()


def _answer(
    id: str,
    answer: "Callable[[Waiting, Operator, Subscriptions, Acts], None]",
    data: Path | None,
    config: Path | None,
    lang: str,
) -> "Waiting":
    """Answer what waits under an id, with a line in the ledger of its account."""
    from retour.clock import SystemClock
    from retour.flow.topics import Operator
    from retour.inlets.webhooks.subscriptions import Pending

    words = _words(lang)
    with _inbox(data, config, lang) as inbox, opened(data, config, words_of(lang)) as store:
        waiting = Pending(inbox, https())
        chosen = next((each for each in waiting.pending() if each.id == id), None)
        if chosen is None:
            raise ended(words("fault.no_pending", id=safe(id)))
        if chosen.account not in [each.name for each in store.accounts.accounts()]:
            raise ended(words("fault.no_account", account=safe(chosen.account), source=chosen.source))
        answer(chosen, Operator(WHO, SystemClock().now()), waiting, store.acts)
    return chosen


@contextmanager
def _inbox(data: Path | None, config: Path | None, lang: str) -> "Iterator[SqliteInbox]":
    from retour.stores import sqlite

    words = words_of(lang)
    directory = known_directory(data, config, words)
    try:
        inbox = sqlite.open_inbox(directory / sqlite.INBOX)
    except (OSError, sqlite.StoreError) as error:
        raise ended(words("fault.down", reason=safe(str(error)))) from error
    with closing(inbox):
        yield inbox


def _settings(config: Path | None, lang: str) -> "Webhooks":
    from retour.texts import catalogue

    try:
        from retour import settings
    except ModuleNotFoundError as error:
        raise ended(catalogue(f"serve.{lang}")("extra", missing=error.name)) from error
    try:
        return settings.load(config).webhooks
    except settings.SettingsError as error:
        raise ended(str(error)) from error


def _state(
    name: str, source: "Webhook", chosen: "Webhooks", marks: "Mapping[str, bytes]", words: "Catalogue"
) -> str:
    from retour.inlets.webhooks.building import missing
    from retour.inlets.webhooks.watch import ALARM, WORKED
    from retour.instants import text
    from retour.wiring.webhooks import setup_of

    lacking = "paths" if not source.paths else missing(setup_of(name, source, chosen.public_url))
    if lacking:
        return words("state.closed", missing=lacking)
    if alarm := marks.get(ALARM + name):
        at, _, why = alarm.decode().partition(" ")
        return words("state.refused", at=text(int(at)), why=words(f"why.{why}"))
    if worked := marks.get(WORKED + name):
        return words("state.works", at=text(int(worked)))
    return words("state.silent")


def _words(lang: str) -> "Catalogue":
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    return catalogue(f"webhooks.{catalogue_of(lang).language}")
