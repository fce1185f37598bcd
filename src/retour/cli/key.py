"""`retour key`: API keys. A key is shown once; what is kept is its digest."""

from secrets import token_hex
from typing import Annotated

import typer

from retour.cli import app
from retour.cli.store import WHO, Config, Data, Language, ended, opened, words_of
from retour.clock import SystemClock
from retour.model import Role

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="key")

_STAFF = (Role.SUPPORT, Role.ADMIN)


@keys.command("add")
def add(
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.MEMBER,
    account: Annotated[str, typer.Option(help="Account it belongs to; none: all, for the staff.")] = "",
    data: Data = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Make a key. It alone is written to stdout, so that a script can take it from there."""
    from retour import secret
    from retour.flow.keys import make
    from retour.ports import Key

    words = words_of(lang)
    if not account and role not in _STAFF:
        raise ended(words("fault.account_needed", role=role.value))
    made, value = Key(token_hex(8), account, role), secret.new()
    with opened(data, config, words) as store:
        if account and all(each.name != account for each in store.accounts.accounts()):
            raise ended(words("fault.no_account", name=account))
        make(store, made, secret.digest(value), "", WHO, SystemClock().now())
    whose = account or words("key.staff")
    typer.echo(words("key.made", id=made.id, role=role.value, account=whose), err=True)
    typer.echo(value)


@keys.command("list")
def list_(data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Show the keys that are not revoked, by id; the keys themselves are kept nowhere."""
    words = words_of(lang)
    with opened(data, config, words) as store:
        known = store.accounts.keys()
    for each in known:
        whose = each.account or words("key.staff")
        typer.echo(words("key.line", id=each.id, account=whose, role=each.role.value))
    if not known:
        typer.echo(words("key.none"), err=True)


@keys.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(help="As `retour key list` shows it.")],
    data: Data = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """End a key."""
    from retour.flow.keys import revoke as end

    words = words_of(lang)
    with opened(data, config, words) as store:
        known = store.accounts.keys()
        found = next((each for each in known if each.id == id), None)
        if found is None or not end(store, found, WHO, SystemClock().now()):
            raise ended(words("fault.no_key", id=id))
    typer.echo(words("key.revoked", id=id))
