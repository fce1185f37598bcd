"""One address after another: `retour.vet` against email-validator and pydantic, and the route that forms ask.

The same list for all: four rows in five at large providers, the others at one domain for some dozen of them,
three in a hundred damaged. Rates are per CPU-second of this process; those of others check the syntax alone,
ours that, typing errors and lists.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from statistics import median

from bench.outlets import Server, asked_in_turn, started
from bench.typos import providers
from retour.vet import vet
from retour.vet.screen import Screen

ROWS, ROUNDS, REQUESTS = 100_000, 4, 3_000

Check = Callable[[list[str]], int]
"""Addresses → how many were accepted."""


def rows(count: int) -> list[str]:
    """A list as people have them."""
    chance = random.Random(5)
    known = providers()
    at_providers = chance.choices(list(known), list(known.values()), k=count)
    made = []
    for number, domain in enumerate(at_providers):
        local = f"{chance.choice(('anna', 'ben', 'c', 'dora.lee'))}.{chance.randrange(10**6)}"
        if number % 5 == 0:
            domain = f"shop-{chance.randrange(1 + count // 60)}.{chance.choice(('de', 'com', 'at', 'fr'))}"
        made.append(f"{local}{'' if number % 33 == 0 else '@'}{domain}")
    return made


def checks() -> dict[str, Check]:
    """What is compared."""
    from email_validator import EmailNotValidError, validate_email
    from pydantic import EmailStr, TypeAdapter, ValidationError

    adapter = TypeAdapter(EmailStr)

    def syntax(address: str) -> object:
        return validate_email(address, check_deliverability=False)

    def screened(addresses: list[str]) -> int:
        plain = Screen().plain
        return sum(plain(address) is not None for address in addresses)

    def checked(addresses: list[str]) -> int:
        check = Screen().check
        return sum(check(address).normalised is not None for address in addresses)

    def alone(addresses: list[str]) -> int:
        return sum(vet(address).normalised is not None for address in addresses)

    def email_validator(addresses: list[str]) -> int:
        return sum(_passes(syntax, address, EmailNotValidError) for address in addresses)

    def pydantic(addresses: list[str]) -> int:
        return sum(_passes(adapter.validate_python, address, ValidationError) for address in addresses)

    return {
        "retour, `Screen.plain`: the verdict that rows of a domain share": screened,
        "retour, `Screen.check`: a whole answer for each row": checked,
        "retour, `vet`: without a memory for domains": alone,
        "email-validator": email_validator,
        "pydantic, EmailStr": pydantic,
    }


def _passes(check: Callable[[str], object], address: str, refusal: type[Exception]) -> bool:
    try:
        check(address)
    except refusal:
        return False
    return True


def _rates(count: int, rounds: int) -> list[str]:
    given, compared = rows(count), checks()
    rates: dict[str, list[float]] = {name: [] for name in compared}
    for _ in range(rounds):
        for name, check in compared.items():
            began = time.process_time()
            check(given)
            rates[name].append(count / (time.process_time() - began))
    lines = ["| addresses per CPU-second | min / median / max |", "|---|---|"]
    for name, each in rates.items():
        lines.append(f"| {name} | {min(each):,.0f} / {median(each):,.0f} / {max(each):,.0f} |")
    return lines


def _latency(server: Server, count: int) -> list[str]:
    """How long a form waits: one request after another over one connection, warm."""
    given = [row.replace(".com", ".cmo") if at % 10 == 0 else row for at, row in enumerate(rows(count))]
    lines = [f"GET /v1/suggest?address={address}" for address in given]
    asyncio.run(asked_in_turn(server, lines[: count // 10]))
    before = server.seconds()
    waited = sorted(asyncio.run(asked_in_turn(server, lines)))
    spent = (server.seconds() - before) / count
    p50, p99 = (waited[int(share * (count - 1))] * 1000 for share in (0.5, 0.99))
    return [
        f"`GET /v1/suggest`, client and server on the same cores: p50 {p50:.2f} ms, p99 {p99:.2f} ms; "
        f"{spent * 1e6:,.0f} µs of server CPU a request; load {os.getloadavg()[0]:.1f}."
    ]


def _measured(count: int, rounds: int, requests: int) -> str:
    with started() as server:
        told = _latency(server, requests)
    return "\n".join(
        [*_rates(count, rounds), "", f"{rounds} alternating rounds of {count:,} addresses.", "", *told]
    )


def run() -> str:
    """In full."""
    return _measured(ROWS, ROUNDS, REQUESTS)


def quick() -> str:
    """On little, to prove that it works."""
    return _measured(200, 1, 50)
