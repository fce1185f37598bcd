"""`retour replay-groups`: the histories of all accounts judged again, as one act (support)."""

from collections.abc import Mapping
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli.commands import app
from retour.cli.previews import RulesFile, client_of, tell_moves, under_rules
from retour.cli.replay import Reason
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.texts import Catalogue

groups = typer.Typer(
    help="Judge the histories of all accounts again (support). Nothing changes before it is applied.",
    no_args_is_help=True,
)
app.add_typer(groups, name="replay-groups")

Id = Annotated[str, typer.Argument(help="As the replay of all accounts told it.")]
_PAUSE = 0.5  # seconds between two looks


@groups.command()
def rules(
    key: Key,
    file: RulesFile = None,
    api: Url = API,
    lang: Language = "en",
) -> None:
    """What the reports are under a file of own rules, or under the rules in force."""
    _look(under_rules(file, key, api, lang), key, api, lang)


@groups.command("policy")
def under_policy(key: Key, api: Url = API, lang: Language = "en") -> None:
    """What the histories would be if each account's newest policy had been in force from the beginning."""
    _look({"what": "policy"}, key, api, lang)


@groups.command()
def types(key: Key, api: Url = API, lang: Language = "en") -> None:
    """The same of the types and uncounted codes alone."""
    _look({"what": "types"}, key, api, lang)


@groups.command("list")
def listed(key: Key, api: Url = API, lang: Language = "en") -> None:
    """All of them, the latest first, with how far each has come."""
    client, words = client_of(api, key, lang)
    after: str | None = ""
    while after is not None:
        page = client.get("/v1/replay-groups", **({"after": after} if after else {}))
        for group in page["groups"]:
            facts = {name: group[name] for name in ("id", "asked_at", "what", "done", "total")}
            stage = words(f"stage.{group['stage']}")
            typer.echo(safe(words("say.group", stage=stage, moves=_moves(words, group["move"]), **facts)))
        after = page["next"]


@groups.command()
def show(id: Id, key: Key, api: Url = API, lang: Language = "en") -> None:
    """The difference over all accounts, and how far each account is."""
    client, words = client_of(api, key, lang)
    _tell(words, client.get(f"/v1/replay-groups/{client.quoted(id)}"))


@groups.command()
def apply(id: Id, reason: Reason, key: Key, api: Url = API, lang: Language = "en") -> None:
    """Apply it to every account."""
    _act("apply", id, reason, key, api, lang)


@groups.command()
def undo(id: Id, reason: Reason, key: Key, api: Url = API, lang: Language = "en") -> None:
    """Take it back in every account, as though it had never been."""
    _act("undo", id, reason, key, api, lang)


def _look(body: dict[str, Any], key: str, api: str, lang: str) -> None:
    client, words = client_of(api, key, lang)
    group = client.post("/v1/replay-groups", body)
    typer.echo(words("say.asked", id=group["id"]), err=True)
    waiting, last = Event(), 0
    while group["done"] < group["total"]:
        waiting.wait(_PAUSE)
        group = client.get(f"/v1/replay-groups/{group['id']}")
        if group["done"] != last:
            last = group["done"]
            typer.echo(words("say.progress", done=last, total=group["total"]), err=True)
    _tell(words, group)


def _act(act: str, id: str, reason: str, key: str, api: str, lang: str) -> None:
    client, words = client_of(api, key, lang)
    group = client.post(f"/v1/replay-groups/{client.quoted(id)}/{act}", {"reason": reason})
    typer.echo(words(f"say.group_{act}", id=group["id"], accounts=group["total"]))


def _moves(words: "Catalogue", counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{words(f'move.{move}')} {count}" for move, count in counts.items())
    return told or words("say.none")


def _tell(words: "Catalogue", group: Mapping[str, Any]) -> None:
    tell_moves(words, group)
    for each in group["accounts"]:
        stage = words(f"stage.{each['stage'] or each['state']}")
        facts = {"account": each["account"], "stage": stage, "moves": _moves(words, each["move"])}
        typer.echo(safe(words("say.member", looked_at=each["looked_at"], **facts)))
    typer.echo(words("say.id", id=group["id"]))
