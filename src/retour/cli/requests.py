"""`retour requests`: the restore desk of a running `retour serve`, for those who ask and those who decide."""

from typing import Annotated, Any

import typer

from retour.cli import app
from retour.cli.asked import Account, client_of
from retour.cli.previews import of
from retour.cli.send import API, Key, Language, Url
from retour.cli.terminal import safe

desk = typer.Typer(help="Ask support to give addresses back; look at the queue, and decide.")
app.add_typer(desk, name="requests", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="As `retour requests list` shows it.")]
_USAGE = 2


@desk.command("ask")
def ask(
    addresses: Annotated[list[str], typer.Argument(help="At most ten, or one domain as @b.example.")],
    key: Key,
    done: Annotated[str, typer.Option(help="What was done about the cause.")],
    review: Annotated[bool, typer.Option(help="Of the stop of the whole platform.")] = False,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Ask support to give addresses back."""
    client, words = client_of(api, key, lang, "restores")
    body: dict[str, Any] = {"done": done, "kind": "review" if review else "restore"}
    if len(addresses) == 1 and addresses[0].startswith("@"):
        body["domain"] = addresses[0]
    else:
        body["addresses"] = addresses
    made = client.post(f"/v1/requests{of(account)}", body)
    typer.echo(words("said.asked", id=made["id"]))


@desk.command("list")
def list_(
    key: Key,
    status: Annotated[
        str, typer.Option(help="open, approved, refused, mixed or withdrawn; all if left out.")
    ] = "",
    address: Annotated[str, typer.Option(help="Those that concern this address.")] = "",
    after: Annotated[str, typer.Option(help="Go on there.")] = "",
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Show requests, the oldest first; a staff key sees the queue of all accounts."""
    client, words = client_of(api, key, lang, "restores")
    told = {"status": status, "address": address, "after": after, "account": account}
    page = client.get("/v1/requests", **{name: value for name, value in told.items() if value})
    for each in page["requests"]:
        typer.echo(safe(words("said.line", **_named(each, words), what=_what(each))))
    if page["next"]:
        typer.echo(words("said.more", after=page["next"]), err=True)
    if not page["requests"]:
        typer.echo(words("said.none"), err=True)


@desk.command("show")
def show(
    id: Id,
    key: Key,
    cases: Annotated[bool, typer.Option(help="With each address and the advice (support only).")] = False,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Show a request, and what became of it."""
    client, words = client_of(api, key, lang, "restores")
    place = f"/v1/requests/{client.quoted(id)}"
    query = {"account": account} if account else {}
    page = client.get(f"{place}/cases", **query) if cases else None
    _show(page["request"] if page is not None else client.get(place, **query), words)
    for case in page["cases"] if page is not None else ():
        _show_case(case, words)


@desk.command("withdraw")
def withdraw(id: Id, key: Key, account: Account = "", api: Url = API, lang: Language = "en") -> None:
    """Ask no more."""
    client, words = client_of(api, key, lang, "restores")
    client.delete(f"/v1/requests/{client.quoted(id)}", **({"account": account} if account else {}))
    typer.echo(words("said.withdrawn", id=id))


@desk.command("decide")
def decide(
    id: Id,
    key: Key,
    reason: Annotated[str, typer.Option(help="The account is told it.")],
    approve: Annotated[bool, typer.Option("--approve")] = False,
    refuse: Annotated[bool, typer.Option("--refuse")] = False,
    account: Account = "",
    api: Url = API,
    lang: Language = "en",
) -> None:
    """Approve or refuse a request, all of it (support only)."""
    client, words = client_of(api, key, lang, "restores")
    if approve is refuse:
        typer.echo(words("fault.neither"), err=True)
        raise typer.Exit(_USAGE)
    body = {"approved": approve, "reason": reason}
    made = client.post(f"/v1/requests/{client.quoted(id)}/decision{of(account)}", body)
    typer.echo(words("said.decided", id=id, status=words(f"status.{made['status']}")))


def _show(request: dict[str, Any], words: Any) -> None:
    lines = [words("said.request", **_named(request, words), kind=words(f"kind.{request['kind']}"))]
    lines.append(words("said.what", what=_what(request)))
    lines.append(words("said.done", done=request["done"]))
    lines.append(words("said.asked_at", at=request["at"], by=request["by"]))
    if request["ended_at"]:
        lines.append(words("said.ended_at", at=request["ended_at"], by=request["ended_by"]))
    if request["reason"]:
        lines.append(words("said.reason", reason=request["reason"]))
    for each in request["rulings"]:
        said = words("said.approved" if each["approved"] else "said.refused")
        lines.append(words("said.apart", address=each["address"], said=said, reason=each["reason"]))
    typer.echo("\n".join(map(safe, lines)))


def _show_case(case: dict[str, Any], words: Any) -> None:
    state, advice = case["address"]["state"], case["advice"]
    named = words(f"state.{state['state']}")
    lines = ["", words("said.case", address=case["address"]["address"], state=named)]
    if state["since"] and state["cause"]:
        cause = words(f"cause.{state['cause']}")
        lines.append(words("said.since", since=state["since"], cause=cause))
    elif state["since"]:  # what is held or bounces has no cause
        lines.append(words("said.since_then", since=state["since"]))
    if case["platform_since"]:
        lines.append(words("said.for_all", since=case["platform_since"]))
    lines.append(words("said.advice", verdict=advice["told"]))
    lines += [words("said.why", why=why["told"]) for why in advice["reasons"]]
    typer.echo("\n".join(map(safe, lines)))


def _named(request: dict[str, Any], words: Any) -> dict[str, str]:
    told = {name: str(request[name]) for name in ("id", "at", "account")}
    return {**told, "status": words(f"status.{request['status']}")}


def _what(request: dict[str, Any]) -> str:
    return f"@{request['domain']}" if request["domain"] else " ".join(request["addresses"])
