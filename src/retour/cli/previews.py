"""What `retour policy` and `retour replay` share: a job is asked for, watched, and its result told."""

from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retour.cli import asked
from retour.cli.terminal import safe

if TYPE_CHECKING:
    from retour.cli.client import Client
    from retour.texts import Catalogue

RulesFile = Annotated[Path | None, typer.Option("--file", help="Own rules, in the place of those used.")]
_PAUSE = 0.5  # seconds between two looks at a job
_ENDED = ("done", "failed", "cancelled")
_SHOWN = 12  # lines of one sort


def client_of(api: str, key: str, lang: str) -> "tuple[Client, Catalogue]":
    """The client, and the words of these commands."""
    return asked.client_of(api, key, lang, "preview")


def of(account: str) -> str:
    """The query that names an account."""
    from urllib.parse import urlencode

    return f"?{urlencode({'account': account})}" if account else ""


def under_rules(file: Path | None, key: str, api: str, lang: str) -> dict[str, Any]:
    """What is asked for: the own rules of a file, or those in force. Ends the command if unreadable."""
    from retour.cli.client import ended

    if file is None:
        return {"what": "rules"}
    try:
        return {"what": "rules", "rules": file.read_text("utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        _, words = client_of(api, key, lang)
        raise ended(words("say.unreadable", file=file, reason=error)) from error


def done(client: "Client", words: "Catalogue", job: Mapping[str, Any], account: str) -> Mapping[str, Any]:
    """The result of a job, waited for. Ends the command when it fails."""
    from retour.cli.client import ended

    typer.echo(words("say.asked", id=job["id"]), err=True)
    told = {"account": account} if account else {}
    waiting, last = Event(), None
    while job["state"] not in _ENDED:
        waiting.wait(_PAUSE)
        job = client.get(f"/v1/jobs/{job['id']}", **told)
        if job["total"] and (job["done"], job["total"]) != last:
            last = job["done"], job["total"]
            typer.echo(words("say.progress", done=last[0], total=last[1]), err=True)
    if job["state"] != "done":
        problem = job["problem"]["told"] if job["problem"] else ""
        raise ended(words("say.failed", id=job["id"], state=job["state"], problem=problem))
    result: Mapping[str, Any] = job["result"]
    return result


def tell(words: "Catalogue", preview: Mapping[str, Any]) -> None:
    """A what-if or a replay in words."""
    result = preview["job"]["result"]
    typer.echo(words("say.looked_at", count=result["looked_at"]))
    moves = result.get("move", {})
    if not moves and not {"answers", "verdicts", "unparsed"} & result.keys():
        typer.echo(words("say.none"))
    for move, count in moves.items():
        active = result.get("active", {}).get(move, 0)
        typer.echo(words("say.move", what=words(f"move.{move}"), count=count, active=active))
        _tell_apart(words, result, move)
        if addresses := preview["samples"].get(move):
            typer.echo(safe(words("say.samples", addresses=", ".join(addresses[:5]))))
    for kind, befores in result.get("answers", {}).items():
        for before, afters in befores.items():
            for after, count in afters.items():
                typer.echo(words("say.answers", kind=kind, before=before, after=after, count=count))
    if verdicts := result.get("verdicts"):
        typer.echo(words("say.verdicts"))
        counts = {f"{said} ({rule})": n for said, rules in verdicts.items() for rule, n in rules.items()}
        _tell_most(words, counts)
    if resets := result.get("resets"):
        typer.echo(words("say.resets"))
        for day, count in list(resets.items())[:_SHOWN]:
            typer.echo(words("say.of", what=day, count=count))
    if result.get("left"):
        typer.echo(words("say.left", count=result["left"]))
    if unparsed := result.get("unparsed"):
        _tell_unparsed(words, unparsed)
    typer.echo(words("say.id", id=preview["job"]["id"]))


def _tell_unparsed(words: "Catalogue", unparsed: Mapping[str, Any]) -> None:
    """What was not understood when it came, and would be."""
    for name, said in (("understood", "say.unparsed"), ("others", "say.others")):
        if counts := unparsed.get(name):
            typer.echo(words(said, count=sum(counts.values())))
            _tell_most(words, counts)


def tell_moves(words: "Catalogue", found: Mapping[str, Any]) -> None:
    """How many addresses would move over all accounts, by reason and provider."""
    if not found["move"]:
        typer.echo(words("say.none"))
    for move, count in found["move"].items():
        typer.echo(words("say.of", what=words(f"move.{move}"), count=count))
        _tell_apart(words, found, move)


def _tell_apart(words: "Catalogue", found: Mapping[str, Any], move: str) -> None:
    for sort in ("reason", "provider"):
        _tell_most(words, found[sort].get(move, {}))


def _tell_most(words: "Catalogue", counts: Mapping[str, int]) -> None:
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_SHOWN]
    for what, count in most:
        if what:
            typer.echo(safe(words("say.of", what=what, count=count)))
