"""What `retour serve --demo` adds: an account, keys shown once, a mailbox simulator, and what to try."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from secrets import token_hex
from shlex import quote

from retour.dataplane import Ports
from retour.lifecycle import preset
from retour.model import Role
from retour.ports import Key
from retour.secret import digest
from retour.secret import new as new_secret
from retour.simulator import Simulator, serve_simulator, table
from retour.texts import catalogue
from retour.wiring import House

ACCOUNT = "demo"
RETURN_DOMAIN = "return.demo.example"
MAILBOXES = "simulator.example"


@dataclass(frozen=True, slots=True)
class Demo:
    """What somebody who tries it needs to know."""

    key: str
    support_key: str
    simulator: int  # port
    mailbox: str  # address that accepts mail and then bounces it; nobody has sent to it yet
    data: Path  # where all of it is kept


@asynccontextmanager
async def running(house: House, ports: Ports, port: int = 0) -> AsyncIterator[Demo]:
    """The simulator runs inside the context; its reports come to our own LMTP or SMTP inlet.

    Raises OSError when the port is taken; 0 takes a free one.
    """
    _account(house)
    hop = ports.lmtp or ports.smtp
    deliver_to = None if hop is None else ("127.0.0.1", hop, ports.lmtp is not None)
    simulator: Simulator = await serve_simulator("127.0.0.1", port, deliver_to)
    try:
        yield Demo(
            _key(house, ACCOUNT, Role.MANAGER),
            _key(house, "", Role.SUPPORT),
            simulator.port,
            _mailbox(house),
            house.settings.data_dir,
        )
    finally:
        await simulator.close()


def invitation(demo: Demo, ports: Ports, language: str = "en") -> str:
    """What to try, for a person; its commands can be copied as they are."""
    host = "127.0.0.1"
    retour = Path(sys.argv[0]).resolve()
    known = f"--key {demo.key} --api http://{host}:{ports.api}"
    known += f" --lang {language}" if language != "en" else ""
    say = catalogue(f"demo.{language}")
    return say(
        "welcome",
        account=ACCOUNT,
        api=f"http://{host}:{ports.api}",
        console="-" if ports.console is None else f"http://{host}:{ports.console}",
        way=say("first", link=ports.first_link) if ports.first_link else say("again"),
        smtp=ports.smtp or "-",
        lmtp=ports.lmtp or "-",
        policy=", ".join(map(str, ports.policy)),
        simulator=f"{host}:{demo.simulator}",
        key=demo.key,
        support_key=demo.support_key,
        data=quote(str(demo.data.resolve())),
        domain=MAILBOXES,
        mailboxes=", ".join(sorted(table())),
        send=f"{retour} send {demo.mailbox} {known} --smtp {host}:{demo.simulator}",
        look=f"{retour} address {demo.mailbox} {known}",
    )


def _account(house: House) -> None:
    """The account of the demo, made at the first start."""
    accounts = house.store.accounts
    if all(known.name != ACCOUNT for known in accounts.accounts()):
        accounts.add_account(ACCOUNT, RETURN_DOMAIN, preset("default"), house.clock.now())
    house.directory.refresh(house.clock.now())


def _key(house: House, account: str, role: Role) -> str:
    """A fresh key; those of earlier starts go on working."""
    secret = new_secret()
    house.store.accounts.add_key(Key(token_hex(8), account, role), digest(secret), house.clock.now())
    return secret


def _mailbox(house: House) -> str:
    """The first mailbox without a history: a demo that was run before shows the walk again."""
    ledger, now = house.store.ledger, house.clock.now()
    names = chain(["dsn-unknown"], (f"dsn-unknown+{number}" for number in count(2)))
    addresses = (f"{name}@{MAILBOXES}" for name in names)
    return next(address for address in addresses if ledger.life(ACCOUNT, address, now) is None)
