"""`retour signing`: the keys that sign return addresses, in the key file of a data directory."""

from typing import Annotated

import typer

from retour.cli import app
from retour.cli.store import Config, Data, Language, directory_of, ended, words_of

signing = typer.Typer(help="The keys that sign return addresses.", no_args_is_help=True)
app.add_typer(signing, name="signing")


@signing.command("rotate")
def rotate(
    data: Data = None,
    config: Config = None,
    lang: Language = "en",
    forget: Annotated[
        bool,
        typer.Option("--forget", help="Take the old keys out: bounces of mail on its way are refused."),
    ] = False,
) -> None:
    """Sign with a new key. A running server learns of it at its next start."""
    from retour import keyfile

    words = words_of(lang)
    path = directory_of(data, config, words) / keyfile.NAME
    try:
        keys = keyfile.rotate(path, forget=forget)
    except (OSError, keyfile.KeyFileError) as error:
        raise ended(words("fault.down", reason=error)) from error
    told = "signing.forgotten" if forget else "signing.rotated"
    typer.echo(words(told, id=keys.keyring.current, count=len(keys.keyring.keys) - 1))
