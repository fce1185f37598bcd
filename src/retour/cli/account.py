"""`retour account`: the customers of this installation."""

import re
from typing import Annotated

import typer

from retour.cli import app
from retour.cli.store import Config, Data, Language, ended, opened, words_of
from retour.clock import SystemClock

accounts = typer.Typer(help="Make and list accounts.", no_args_is_help=True)
app.add_typer(accounts, name="account")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@accounts.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Letters, digits, dots, hyphens, underscores.")],
    return_domain: Annotated[str, typer.Option(help="Domain of its return addresses.")],
    preset: Annotated[str, typer.Option(help="Policy to begin with: default, kwiga, emarsys.")] = "default",
    data: Data = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Make an account."""
    from retour import lifecycle
    from retour.address import domain

    words = words_of(lang)
    normalised = domain(return_domain)
    if normalised is None or normalised.startswith("[") or "." not in normalised:  # a word is rather a slip
        raise ended(words("fault.no_domain", domain=return_domain))
    if not _NAME.fullmatch(name):
        raise ended(words("fault.no_name", name=name))
    try:
        policy = lifecycle.preset(preset)
    except lifecycle.PolicyError as error:
        raise ended(error.told(words.language)) from error
    with opened(data, config, words) as store:
        try:
            store.accounts.add_account(name, normalised, policy, SystemClock().now())
        except ValueError as error:
            raise ended(str(error)) from error
    typer.echo(words("account.made", name=name, domain=normalised))


@accounts.command("list")
def list_(data: Data = None, config: Config = None, lang: Language = "en") -> None:
    """Show all accounts, each with its return domain and policy version."""
    from retour.flow.never_stop import warning

    words = words_of(lang)
    language = words.language.rpartition(".")[2]  # of "admin.en"
    with opened(data, config, words) as store:
        known = [(each, store.accounts.policies(each.name)[-1]) for each in store.accounts.accounts()]
    for account, version in known:
        told = {"name": account.name, "domain": account.return_domain, "version": version.number}
        typer.echo(words("account.line", **told))
        if (warned := warning(version.policy, language)) is not None:
            typer.echo(f"  {warned}", err=True)
    if not known:
        typer.echo(words("account.none"), err=True)
