"""The system of record of a data directory, for the commands that keep house: accounts and keys.

They may run beside `retour serve`, which learns of accounts and keys within a second.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from retour.parse.providers.generic import Map
    from retour.ports import Records, Store
    from retour.return_address import Keyring
    from retour.stores.sqlite import SqliteInbox
    from retour.texts import Catalogue

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="RETOUR_DATA_DIR", help="Data directory; made if it is missing."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings that name the data directory; else retour.toml here."),
]
Language = Annotated[str, typer.Option("--lang", help="Language of what is told: en, de.")]

Wanted = TypeVar("Wanted")

DEFAULT = Path("data")
WHO = "command line"  # in the ledger: whoever may read the data directory
FAILED = 1


def words_of(lang: str) -> "Catalogue":
    """What these commands say, in a language."""
    from retour.cli.explain import catalogue_of
    from retour.texts import catalogue

    return catalogue(f"admin.{catalogue_of(lang).language}")


def ended(sentence: str) -> typer.Exit:
    """Say what went wrong; the exception that ends the command."""
    typer.echo(f"retour: {sentence}", err=True)
    return typer.Exit(FAILED)


@contextmanager
def opened(data: Path | None, config: Path | None, words: "Catalogue") -> Iterator["Records"]:
    """The store of a data directory. Ends the command where it cannot be used, or not now."""
    import sqlite3

    from retour import keyfile
    from retour.stores import sqlite

    directory = directory_of(data, config, words)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        keys = keyfile.load_or_create(directory / keyfile.NAME)
        store = sqlite.open_store(
            directory / sqlite.STORE,
            keys.pepper,
            cache_mib=16,
            upgrading=lambda: typer.echo(words("fault.upgrading"), err=True),
        )
    except (OSError, keyfile.KeyFileError, sqlite.StoreError) as error:
        raise ended(words("fault.down", reason=error)) from error
    except sqlite3.OperationalError as error:
        raise ended(words("fault.not_now", reason=error)) from error
    try:
        yield store
    except sqlite3.OperationalError as error:
        raise ended(words("fault.not_now", reason=error)) from error
    finally:
        store.close()


def directory_of(data: Path | None, config: Path | None, words: "Catalogue") -> Path:
    """The data directory that is meant. Ends the command where the settings cannot be read."""
    return data or _configured(config, words)


def known_directory(
    data: Path | None, config: Path | None, words: "Catalogue", is_begun: bool = False
) -> Path:
    """The same, for commands that make none. Ends the command where nothing of Retour lies in it.

    `is_begun`: accounts suffice, which may be made before the first mail is taken in.
    """
    from retour.stores import sqlite

    directory = directory_of(data, config, words)
    if not (directory / (sqlite.STORE if is_begun else sqlite.INBOX)).exists():
        raise ended(words("fault.no_directory", directory=directory))
    return directory


def _configured(config: Path | None, words: "Catalogue") -> Path:
    """The data_dir of the settings, as `retour serve` would find it; read without the extra [server]."""
    return _from_settings(config, words, lambda settings: Path(settings.get("data_dir", DEFAULT)))


def rule_files(config: Path | None, words: "Catalogue") -> list[Path]:
    """The setting rules.files, read in the same way, and what was published in the data directory of the
    settings. Ends the command where they cannot be read."""
    from retour.stores.rules_desk import FOLDER, in_force

    def files(settings: dict[str, Any]) -> list[Path]:
        published = Path(settings.get("data_dir", DEFAULT)) / FOLDER
        return [*map(Path, settings.get("rules", {}).get("files", ())), *in_force(published)]

    return _from_settings(config, words, files)


def mappings(config: Path | None, words: "Catalogue") -> "dict[str, Map]":
    """How the settings' generic sources write, by the names of the sources in arrivals.

    A file at fault is left out: posts of its source are kept as unparsed. Ends the command where the settings
    cannot be read.
    """
    from retour.flow.stated import GENERIC
    from retour.parse.providers.generic import OURS, Map, map_of

    def read(settings: dict[str, Any]) -> dict[str, Map]:
        found: dict[str, Map] = {}
        for name, source in settings.get("webhooks", {}).get("sources", {}).items():
            if source.get("provider") == GENERIC:
                file = source.get("mapping")
                with suppress(OSError, ValueError):
                    made = map_of(Path(file).read_text("utf-8")) if file else OURS
                    if isinstance(made, Map):
                        found[f"webhooks.{name}"] = made
        return found

    return _from_settings(config, words, read)


def _from_settings(
    config: Path | None, words: "Catalogue", wanted: "Callable[[dict[str, Any]], Wanted]"
) -> "Wanted":
    import tomllib

    file = config or Path("retour.toml")
    try:
        there = config is not None or file.exists()
        return wanted(tomllib.loads(file.read_text("utf-8")) if there else {})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ended(words("fault.no_settings", file=file, reason=error)) from error


@contextmanager
def looked_at(
    data: Path | None, config: Path | None, words: "Catalogue"
) -> "Iterator[tuple[Store, SqliteInbox, Keyring]]":
    """Store, inbox and keys of a data directory, to read from alone, whether or not a server runs.

    Ends the command where they cannot be used.
    """
    from contextlib import closing

    from retour import keyfile
    from retour.stores import sqlite

    directory = known_directory(data, config, words)
    try:
        keys = keyfile.load(directory / keyfile.NAME)
        store = sqlite.open_reader(directory / sqlite.STORE, keys.pepper)
        inbox = sqlite.open_inbox(directory / sqlite.INBOX, read_only=True)
    except (OSError, keyfile.KeyFileError, sqlite.StoreError) as error:
        raise ended(words("fault.down", reason=error)) from error
    with closing(store), closing(inbox):
        yield store, inbox, keys.keyring
