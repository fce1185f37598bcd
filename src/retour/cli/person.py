"""`retour person`: who may log in to the console, and what they may do there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retour.cli import app
from retour.cli.store import Config, Data, Language, ended, known_directory, opened, words_of
from retour.model import Role

if TYPE_CHECKING:
    from retour.texts import Catalogue

people = typer.Typer(help="Invite, list and remove people of the console.", no_args_is_help=True)
app.add_typer(people, name="person")

_STAFF = (Role.SUPPORT, Role.ADMIN)
Email = Annotated[str, typer.Argument(help="The address that they log in with.")]


@people.command("add")
def add(
    email: Email,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.MEMBER,
    account: Annotated[str, typer.Option(help="In which account; none: in all, for the staff.")] = "",
    data: Data = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Invite somebody, or give them another role. The path of the link alone is written to stdout."""
    words = words_of(lang)
    if "@" not in email:
        raise ended(words("fault.no_email", email=email))
    if bool(account) == (role in _STAFF):
        raise ended(words("fault.role_and_account", role=role.value))
    with opened(data, config, words) as store:
        if account and all(each.name != account for each in store.accounts.accounts()):
            raise ended(words("fault.no_account", name=account))
    _open(known_directory(data, config, words, is_begun=True), words)
    from retour.console.people import desk

    _tell(desk.invite(email, role.value, account), words)


@people.command("link")
def link(email: Email, data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Another link to choose a password; the one before ends."""
    words = words_of(lang)
    _open(known_directory(data, config, words, is_begun=True), words)
    from retour.console.people import desk

    try:
        _tell(desk.renew(email), words)
    except desk.UnknownPersonError:
        raise ended(words("fault.no_person", email=email)) from None


@people.command("reset-second-factor")
def reset_second_factor(
    email: Email, data: Data = None, config: Config = None, lang: Language = "en"
) -> None:
    """Take the second factor from somebody who has lost it, with its recovery codes."""
    words = words_of(lang)
    _open(known_directory(data, config, words, is_begun=True), words)
    from retour.console.people import desk

    try:
        taken = desk.without_second_factor(email)
    except desk.UnknownPersonError:
        raise ended(words("fault.no_person", email=email)) from None
    typer.echo(words("person.reset" if taken else "person.no_factor", email=email), err=True)


@people.command("list")
def list_(data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Show who may log in."""
    words = words_of(lang)
    _open(known_directory(data, config, words, is_begun=True), words)
    from retour.console.people import desk

    found = desk.listed()
    for email, account, role in found:
        typer.echo(words("person.line", email=email, account=account or words("key.staff"), role=role))
    if not found:
        typer.echo(words("person.none"), err=True)


@people.command("remove")
def remove(email: Email, data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Let somebody log in no more, and end what sessions they have."""
    words = words_of(lang)
    _open(known_directory(data, config, words, is_begun=True), words)
    from retour.console.people import desk

    try:
        desk.remove(email)
    except desk.UnknownPersonError:
        raise ended(words("fault.no_person", email=email)) from None
    typer.echo(words("person.removed", email=email), err=True)


def _open(directory: Path, words: "Catalogue") -> None:
    try:
        from retour.console.people import desk
    except ModuleNotFoundError as error:
        raise ended(words("fault.extra", missing=error.name)) from error
    desk.open_people(directory / "console.sqlite3")


def _tell(secret: str, words: "Catalogue") -> None:
    typer.echo(words("person.made"), err=True)
    typer.echo(f"/first/{secret}/")
