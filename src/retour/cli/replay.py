"""`retour replay`: a history judged again, seen before it is applied, and undone, of a running server."""

from typing import Annotated, Any

import typer

from retour.cli.asked import Account
from retour.cli.commands import app
from retour.cli.previews import RulesFile, client_of, done, of, tell, under_rules
from retour.cli.send import API, Key, Language, Url

replay = typer.Typer(no_args_is_help=True)
app.add_typer(replay, name="replay")

Id = Annotated[str, typer.Argument(help="As the replay told it.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the ledger.")]
Version = Annotated[int | None, typer.Option("--version", help="Of the policy; the newest if left out.")]


@replay.callback()
def group() -> None:
    """Judge the history of an account again. A replay changes nothing before it is applied."""


@replay.command()
def rules(
    key: Key,
    file: RulesFile = None,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """What the reports are under a file of own rules, or under the rules in force (support)."""
    _look(under_rules(file, key, api, lang), key, account, api, lang)


@replay.command("policy")
def under_policy(
    key: Key, version: Version = None, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """What the history would be if a version of the policy had been in force from its beginning."""
    _look({"what": "policy", "version": version}, key, account, api, lang)


@replay.command()
def types(
    key: Key, version: Version = None, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """The same of its types and uncounted codes alone."""
    _look({"what": "types", "version": version}, key, account, api, lang)


@replay.command()
def show(id: Id, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """What a replay has found."""
    client, words = client_of(api, key, lang)
    tell(words, client.get(f"/v1/replays/{client.quoted(id)}", **({"account": account} if account else {})))


@replay.command()
def apply(
    id: Id, reason: Reason, key: Key, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Apply it in one step (support)."""
    _act("apply", "say.applied", id, reason, key, account, api, lang)


@replay.command()
def undo(
    id: Id, reason: Reason, key: Key, account: Account = "", api: Url = API, lang: Language = "en"
) -> None:
    """Take it back, as though it had never been (support)."""
    _act("undo", "say.undone", id, reason, key, account, api, lang)


def _look(body: dict[str, Any], key: str, account: str, api: str, lang: str) -> None:
    client, words = client_of(api, key, lang)
    job = client.post(f"/v1/replays{of(account)}", body)
    done(client, words, job, account)
    tell(words, client.get(f"/v1/replays/{job['id']}", **({"account": account} if account else {})))


def _act(act: str, told: str, id: str, reason: str, key: str, account: str, api: str, lang: str) -> None:
    client, words = client_of(api, key, lang)
    job = client.post(f"/v1/replays/{client.quoted(id)}/{act}{of(account)}", {"reason": reason})
    typer.echo(words(told, **done(client, words, job, account)))
