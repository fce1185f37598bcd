"""What the commands about bounces, waves and contacts share: conditions, accounts, words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from retour.cli.client import Client
    from retour.texts import Catalogue

Where = Annotated[
    list[str],
    typer.Option(
        "--where",
        help="A condition as NAME=VALUE, again for more; NAME: text, code, reason, type, campaign, domain, "
        "provider, since, until (docs/segments.md).",
    ),
]
Account = Annotated[str, typer.Option(help="Account, for a key of the staff.")]
NONE: list[str] = []
_USAGE = 2


def client_of(api: str, key: str, lang: str, words: str = "segments") -> "tuple[Client, Catalogue]":
    """The client, and the words of a command: the name of their catalogue."""
    from retour.cli.client import Client
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    language = catalogue_of(lang).language
    return Client(api, key, language, catalogue(f"send.{language}")), catalogue(f"{words}.{language}")


def conditions(where: Sequence[str]) -> dict[str, str]:
    """The filter that conditions make."""
    told = [each.partition("=") for each in where]
    if wrong := [name for name, equals, _ in told if not equals]:
        raise typer.BadParameter(f"{wrong[0]}: NAME=VALUE", param_hint="--where")
    return {name.strip(): value for name, _, value in told}


def waited(client: "Client", job: Any, account: str, lang: str) -> Any:
    """The result of a job. Ends the command when it fails."""
    from retour.cli.explain import catalogue_of
    from retour.cli.previews import done
    from retour.texts import catalogue

    return done(client, catalogue(f"preview.{catalogue_of(lang).language}"), job, account)
