"""Every page with every role and for another account; an address that is added must stand here.

The walk begins at the table of addresses itself, so that a page without a row fails. What is sent to
them: `test_sent.py`.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from console.furnished import GUARD, furnish
from console.installation import PASSWORD, Console
from console.routes import ADDRESS, BEFORE, OWN, RANK, ROWS, Row, table
from console.sent import PEOPLE
from story import patient

pytestmark = pytest.mark.engine("chromium")
SETTINGS = GUARD  # it looks for incidents every second
REFUSED = {403, 404}


@pytest.fixture(scope="module")
def made(console: Console) -> dict[str, str]:
    """What the addresses name."""
    return furnish(console)


@pytest.fixture(scope="module")
def clients(console: Console) -> Iterator[dict[str, httpx.Client]]:
    """One client for each role, logged in."""
    with ExitStack() as stack:
        made = {who: stack.enter_context(patient.Client(base_url=console.url)) for who in PEOPLE}
        for who, email in PEOPLE.items():
            form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token(made[who])}
            assert made[who].post("/sign/login/", data=form).status_code == 302, email
        yield made


def token(client: httpx.Client, path: str = "/sign/login/") -> str:
    """What a form needs to be believed."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).text)
    assert found is not None
    return found[1]


def answer(client: httpx.Client, row: Row, made: dict[str, str]) -> httpx.Response:
    found = client.get(row.path.format(**made), follow_redirects=True)
    assert row.least == "nobody" or "/sign/" not in str(found.url)
    return found


def test_every_address_has_a_row() -> None:
    assert set(table()) == {*ROWS, *BEFORE, *OWN}


def test_each_row_stands_at_its_address() -> None:
    places = table()
    for name, row in ROWS.items():
        place = re.sub(r"<path:\w+>", ".+", re.sub(r"<(\w+:)?\w+>", "[^/]+", places[name]))
        assert re.fullmatch(f"/{place}", row.path.partition("?")[0]), name


@pytest.mark.parametrize("name", [*ROWS, *OWN])
def test_nobody_is_shown_the_login_and_no_more(console: Console, made: dict[str, str], name: str) -> None:
    row = ROWS.get(name) or Row("own", OWN[name])
    found = patient.get(console.url + row.path.format(**made))
    if row.least == "nobody":
        assert found.status_code == row.let_in
    else:
        assert found.status_code == 302
        assert found.headers["location"].startswith(("/sign/login/", "/sign/reauthenticate/"))
        assert ADDRESS not in found.text


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.method == "GET"])
def test_each_role_is_let_in_where_it_belongs(
    clients: dict[str, httpx.Client], made: dict[str, str], name: str, who: str
) -> None:
    row = ROWS[name]
    found = answer(clients[who], row, made)
    if who == "stranger" and row.least not in ("nobody", "own"):
        assert found.status_code == 404, found.text  # another's account and none look alike
        assert ADDRESS not in found.text
    elif RANK.index("manager" if who == "stranger" else who) >= RANK.index(row.least):
        assert found.status_code == row.let_in, found.text
    else:
        assert found.status_code in REFUSED, found.text
        assert ADDRESS not in found.text


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", ROWS)
def test_an_act_from_elsewhere_is_refused(clients: dict[str, httpx.Client], name: str, who: str) -> None:
    found = clients[who].post(ROWS[name].path, data={"reason": "forged"})
    assert found.status_code in {403, 404, 405}, found.text
