"""What is sent to every address of the console: by every method, by every role, with ids that there are.

The forms are those of the pages, filled in. So whoever is refused is refused something that would be done.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from console.forms import Form, send
from console.furnished import GUARD, furnish
from console.installation import Console
from console.routes import OWN, RANK, ROWS, Row
from console.sent import LEFT, TAKES, entered, harvested, mark, outcomes
from console.state import changed, state

pytestmark = pytest.mark.engine("chromium")
SETTINGS = GUARD  # it looks for incidents every second
# Of these there is none in a furnished account: a link of another person, a topic of Amazon's.
UNMADE = {"first", "invited", "forgotten", "topic"}


@pytest.fixture(scope="module")
def made(console: Console) -> dict[str, str]:
    return furnish(console)


@pytest.fixture(scope="module")
def clients(console: Console, made: dict[str, str]) -> Iterator[dict[str, httpx.Client]]:
    with ExitStack() as stack:
        yield entered(console, stack)


@pytest.fixture(scope="module")
def found(clients: dict[str, httpx.Client], made: dict[str, str]) -> dict[str, list[Form]]:
    return harvested(clients, made)


@pytest.fixture(scope="module")
def staff(console: Console) -> str:
    """A key that reads all."""
    return console.command("key", "add", "--role", "admin")


def test_every_address_that_takes_forms_is_sent_one_with_ids_that_there_are(
    found: dict[str, list[Form]],
) -> None:
    assert {name for name in TAKES if not found[name]} <= UNMADE
    assert {name for name, each in found.items() if each} <= set(TAKES)


@pytest.mark.parametrize("who", ["nobody", "member", "manager", "admin"])
def test_each_address_knows_its_methods_alone(
    clients: dict[str, httpx.Client], made: dict[str, str], who: str
) -> None:
    wrong, believed = [], mark(clients, who)
    for name, row in (ROWS | {name: Row("own", path) for name, path in OWN.items()}).items():
        path, others = row.path.format(**made), ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
        if row.method == "POST":
            others += ["GET", "HEAD"] if who != "nobody" else []  # who logs in first is led to the login
        elif name in ROWS and not row.form:
            others += ["POST"]
        for method in others:
            answer = clients[who].request(method, path, headers={"X-CSRFToken": believed})
            if answer.status_code != 405 or not answer.headers["allow"]:
                wrong.append((name, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", ["nobody", "stranger", *LEFT])
def test_whoever_is_no_member_changes_nothing(
    console: Console, staff: str, clients: dict[str, httpx.Client], found: dict[str, list[Form]], who: str
) -> None:
    names = [name for name, least in TAKES.items() if least not in ("own", "nobody")]
    before = state(console, staff, "shop")
    told = outcomes(clients, who, found, names)
    expected = {401} if who in ("nobody", "former") else {404}
    assert [each for each in told if each[2] not in expected] == []
    assert changed(before, state(console, staff, "shop")) == []


@pytest.mark.parametrize("who", ["member", "manager"])
def test_a_role_that_does_not_suffice_changes_nothing(
    console: Console, staff: str, clients: dict[str, httpx.Client], found: dict[str, list[Form]], who: str
) -> None:
    names = [name for name, least in TAKES.items() if RANK.index(least) > RANK.index(who)]
    before = state(console, staff, "shop")
    told = outcomes(clients, who, found, names)
    assert [each for each in told if each[2] not in (403, 404)] == []
    assert changed(before, state(console, staff, "shop")) == []


def test_ids_of_another_account_are_ids_of_nothing(
    console: Console,
    staff: str,
    clients: dict[str, httpx.Client],
    made: dict[str, str],
    found: dict[str, list[Form]],
) -> None:
    """A manager asks in their own account for what another one has, and for what nobody has."""
    before, stranger, wrong = state(console, staff, "shop"), clients["stranger"], []
    believed = mark(clients, "stranger")
    for name, row in ROWS.items():
        braces = [each for each in re.findall(r"\{(\w+)\}", row.path) if row.path.startswith("/a/shop/")]
        if not braces or row.least in ("support", "admin"):
            continue
        theirs, nobodys = (_elsewhere(row.path, made, braces, none) for none in (False, True))
        answers = [stranger.get(place) for place in (theirs, nobodys)] if row.method == "GET" else []
        for form in found[name]:
            sent = {field: value for field, value in form.sent.items() if field != "once"}  # each for itself
            answers += [
                send(stranger, Form(place, sent, form.files), believed) for place in (theirs, nobodys)
            ]
        for one, other in zip(answers[::2], answers[1::2], strict=True):
            if one.status_code not in (302, 404) or _told(one) != _told(other):
                wrong.append((name, one.request.method, _told(one), _told(other)))
    assert wrong == []
    assert changed(before, state(console, staff, "shop")) == []


def _elsewhere(path: str, made: dict[str, str], braces: list[str], none: bool) -> str:
    """A path of the other account, with ids of the shop, or with some that are of nobody."""
    ids = {each: re.sub(r"[0-9a-f]", "9", made[each]) if none else made[each] for each in braces}
    return path.replace("/a/shop/", "/a/other/").format(**ids)


def _told(answer: httpx.Response) -> tuple[int, str]:
    """What an answer says from its head on, without the references and ids in it."""
    said = "".join(re.findall(r"(?s)<h1.*</main>", answer.text))
    said = re.sub(r"\b[0-9a-f]{4}-[0-9a-f]{4}\b|<[^>]*>", " ", said)
    return answer.status_code, re.sub(r"\b[0-9a-f]*[0-9][0-9a-f]*\b|\s+", " ", said)
