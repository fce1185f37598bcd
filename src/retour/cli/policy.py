"""`retour policy`: what settings would do before they are saved, and what they have done since."""

import json
from typing import Annotated, Any

import typer

from retour.cli.asked import Account
from retour.cli.commands import app
from retour.cli.previews import client_of, done, of, tell
from retour.cli.send import API, Key, Language, Url

policy = typer.Typer(no_args_is_help=True)
app.add_typer(policy, name="policy")


@policy.callback()
def group() -> None:
    """The policy of an account of a running `retour serve`."""


@policy.command("what-if")
def what_if(
    settings: Annotated[list[str], typer.Argument(help="As soft_threshold=2; maps as JSON.")],
    key: Key,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Who would become invalid or come back if these settings were saved now. Nothing is changed."""
    from retour.cli.client import ended

    client, words = client_of(api, key, lang)
    told: dict[str, Any] = {}
    for each in settings:
        name, is_setting, value = each.partition("=")
        if not is_setting:
            raise ended(words("say.no_setting", told=each))
        told[name] = _value(value)
    version = client.get("/v1/policy", **_named(account))["version"]
    job = client.post(f"/v1/policy/what-if{of(account)}", {"settings": told, "expected": version})
    done(client, words, job, account)
    tell(words, client.get(f"/v1/policy/what-if/{job['id']}", **_named(account)))


@policy.command()
def progress(key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """How far stored states have followed the policy; answers follow at once."""
    client, words = client_of(api, key, lang)
    told = client.get("/v1/policy/progress", **_named(account))
    typer.echo(words("say.rewriting" if told["rewriting"] else "say.followed", **told))


@policy.command()
def effects(
    key: Key,
    by: Annotated[str, typer.Option(help="week or month")] = "week",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """How many came back by themselves under each version, were reached since, and bounced again."""
    client, words = client_of(api, key, lang)
    found = client.get("/v1/policy/effects", by=by, **_named(account))["periods"]
    for period in found:
        typer.echo(words("say.period", **period))
    if not found:
        typer.echo(words("say.no_periods"))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _named(account: str) -> dict[str, str]:
    return {"account": account} if account else {}
