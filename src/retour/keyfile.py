"""The key file: what signs return addresses and what keys the hash of an address.

One JSON file beside the data, outside the database and its backups, readable by its owner alone. Lost, it
cannot be made again: bounces to return addresses already given out are then refused, and erased contacts
are no longer recognised. Back it up once, apart from the data.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from retour.return_address import Keyring

NAME = "keys.json"
_FORMAT = 1
_OCTETS = 32


class KeyFileError(Exception):
    """The key file cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the key file holds. Secrets never stand in a repr."""

    keyring: Keyring = field(repr=False)
    pepper: bytes = field(repr=False)


def load_or_create(path: Path) -> Keys:
    """The keys of this installation; made at first start. Raises KeyFileError."""
    if not path.exists():
        first = Keys(Keyring(1, {1: secrets.token_bytes(_OCTETS)}), secrets.token_bytes(_OCTETS))
        _write(path, first, replace=False)
    return load(path)


def load(path: Path) -> Keys:
    """The keys in an existing file. Raises KeyFileError when it is missing, damaged or open to others."""
    try:
        open_to_others = path.stat().st_mode & 0o077
        content = json.loads(path.read_text("utf-8"))
    except PermissionError as error:
        raise KeyFileError(
            f"{path}: belongs to another user; run this as the user of retour serve"
        ) from error
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{path}: cannot be read ({error}); put the backup of this file back") from error
    if open_to_others:
        raise KeyFileError(f"{path}: can be read by others than its owner; run: chmod 600 {path}")
    try:
        if content["format"] != _FORMAT:
            raise KeyFileError(
                f"{path}: has format {content['format']}, this version reads {_FORMAT}; upgrade"
            )
        tokens = {int(id): bytes.fromhex(key) for id, key in content["token_keys"].items()}
        keyring = Keyring(int(content["current"]), tokens)
        _ = keyring.keys[keyring.current]
        return Keys(keyring, bytes.fromhex(content["pepper"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeyFileError(f"{path}: is damaged at {error}; put the backup of this file back") from error


def rotate(path: Path, *, forget: bool = False) -> Keys:
    """Add a token key and sign with it from now on. Raises KeyFileError.

    The retired ones still verify, unless they are to be forgotten because somebody else has seen them:
    then bounces of mail that is on its way are refused.
    """
    keys = load(path)
    fresh = max(keys.keyring.keys) + 1
    if fresh > 255:
        raise KeyFileError(f"{path}: all 255 key ids are used; remove token_keys older than their last token")
    retired = {} if forget else keys.keyring.keys
    tokens = {**retired, fresh: secrets.token_bytes(_OCTETS)}
    rotated = Keys(Keyring(fresh, tokens), keys.pepper)
    _write(path, rotated, replace=True)
    return rotated


def _write(path: Path, keys: Keys, *, replace: bool) -> None:
    """Whole or not at all: written aside, synced, then put in place; never over a file of another start."""
    content = {
        "format": _FORMAT,
        "current": keys.keyring.current,
        "token_keys": {str(id): key.hex() for id, key in keys.keyring.keys.items()},
        "pepper": keys.pepper.hex(),
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            aside.replace(path)
        else:
            os.link(aside, path)  # fails where another process was first: its keys are the keys
    except FileExistsError:
        pass
    finally:
        aside.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
