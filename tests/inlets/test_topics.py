"""Topics that wait, by the API over a real house: shown, confirmed, refused, and what the ledger keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from inlets.amazon import HOST, TOPIC, Amazon, amazon
from inlets.hooked import Hooked, hooked, source
from inlets.senders import Request, Sender
from retour import secret
from retour.inlets.webhooks import Https
from retour.lifecycle import preset
from retour.model import Role
from retour.outlets.api.app import create
from retour.ports import Key, RecordQuery
from retour.wiring.api import services

SNS = Sender("ses", "", lambda body, at: Request(body), {"topics": [TOPIC]})


@dataclass
class Desk:
    """A house where topics ask, its API, and a key of a manager for each of two accounts."""

    hooks: Hooked
    client: AsyncClient
    keys: dict[str, str]

    def ask(self, method: str, path: str, account: str = "shop", **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.keys[account]}", **more.pop("headers", {})}
        return self.hooks.loop.run(self.client.request(method, f"/v1/topics{path}", headers=headers, **more))

    def waiting(self, account: str = "shop") -> list[dict[str, Any]]:
        topics: list[dict[str, Any]] = self.ask("GET", "", account).json()["topics"]
        return topics

    def lines(self, account: str = "shop") -> list[tuple[str, str, str | None, str]]:
        found = self.hooks.house.store.ledger.records(RecordQuery(account))
        return [(each.before, each.after, each.cause, each.actor) for each in found]


@contextmanager
def desk(data: Path, sns: Amazon, https: Https | None = None) -> Iterator[Desk]:
    with hooked(data, {"shop": source(SNS)}, sns.https()) as hooks:
        house, keys = hooks.house, {}
        for name in ("shop", "other"):
            now = house.clock.now()
            house.store.accounts.add_account(name, f"{name}.return.test", preset("default"), now)
            keys[name] = secret.new()
            house.store.accounts.add_key(Key(name, name, Role.MANAGER), secret.digest(keys[name]), now)
        house.directory.refresh(house.clock.now())
        app = create(services(house, https or sns.https()))
        client = AsyncClient(transport=ASGITransport(app), base_url="http://retour.test")
        yield Desk(hooks, client, keys)
        hooks.loop.run(client.aclose())


def asks(made: Desk, sns: Amazon, kind: str = "SubscriptionConfirmation", **more: str) -> str:
    """A topic asks; the id under which it waits."""
    before = {each["id"] for each in made.waiting()}
    assert made.hooks.post(Request(sns.body("confirm?", Type=kind, **more))).status_code == 200
    (id,) = {each["id"] for each in made.waiting()} - before
    return str(id)


def test_a_topic_is_shown_confirmed_and_stands_in_the_ledger(tmp_path: Path) -> None:
    with amazon(tmp_path) as sns, desk(tmp_path / "data", sns) as made:
        assert made.waiting() == []
        id = asks(made, sns)
        (shown,) = made.waiting()
        assert shown["at"]
        assert (shown["source"], shown["topic"], shown["asks"]) == ("shop", TOPIC, "to_post")
        assert "2336412f37f" not in made.ask("GET", "").text  # the token is nobody's business
        before = len(sns.asked)
        done = made.ask("POST", f"/{id}/confirm")
        assert done.json() == {"id": id, "source": "shop", "topic": TOPIC, "answer": "confirmed"}
        (asked,) = sns.asked[before:]
        assert asked.startswith(f"{HOST}/?Action=ConfirmSubscription&")
        assert made.lines() == [("asked", "confirmed", f"topic {TOPIC}", "key shop")]
        assert made.waiting() == []
        again = made.ask("POST", f"/{id}/confirm")
        assert (again.status_code, again.json()["type"]) == (404, "/problems/topic_unknown")
        assert made.lines()[1:] == []


def test_a_topic_that_is_refused_is_not_asked_and_may_ask_again(tmp_path: Path) -> None:
    with amazon(tmp_path) as sns, desk(tmp_path / "data", sns) as made:
        id = asks(made, sns, "UnsubscribeConfirmation")
        assert made.waiting()[0]["asks"] == "to_post_again"
        before = len(sns.asked)
        assert made.ask("POST", f"/{id}/refuse").json()["answer"] == "refused"
        assert sns.asked[before:] == []
        assert asks(made, sns, "UnsubscribeConfirmation") == id
        assert made.ask("POST", f"/{id}/confirm").status_code == 200
        assert [line[1] for line in made.lines()] == ["confirmed", "refused"]


def test_another_account_neither_sees_nor_answers_it(tmp_path: Path) -> None:
    with amazon(tmp_path) as sns, desk(tmp_path / "data", sns) as made:
        id = asks(made, sns)
        assert made.waiting("other") == []
        for answer in ("confirm", "refuse"):
            assert made.ask("POST", f"/{id}/{answer}", "other").status_code == 404
        assert made.lines("other") == []
        assert len(made.waiting()) == 1


def test_a_host_that_does_not_answer_leaves_it_waiting(tmp_path: Path) -> None:
    with amazon(tmp_path) as sns:
        dead = Https(sns.https().trusting, lambda host: ("127.0.0.1", 1))
        with desk(tmp_path / "data", sns, dead) as made:
            id = asks(made, sns)
            failed = made.ask("POST", f"/{id}/confirm", headers={"Accept-Language": "de"})
            assert (failed.status_code, failed.json()["type"]) == (502, "/problems/topic_unconfirmed")
            assert "wartet weiter" in failed.json()["detail"]
            assert [each["id"] for each in made.waiting()] == [id]
            assert made.lines() == []


def test_what_a_kill_left_between_note_and_end_is_noted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with amazon(tmp_path) as sns, desk(tmp_path / "data", sns) as made:
        id = asks(made, sns)
        inbox = made.hooks.house.inbox
        with monkeypatch.context() as broken:
            broken.setattr(type(inbox), "put", _killed)
            with pytest.raises(OSError, match="killed"):
                made.ask("POST", f"/{id}/confirm")
        assert [each["id"] for each in made.waiting()] == [id]
        assert made.ask("POST", f"/{id}/confirm").status_code == 200
        assert [line[1] for line in made.lines()] == ["confirmed"]


def _killed(*_: object) -> None:
    raise OSError("killed")
