"""From a post to the gate: what was posted is judged by the worker of the same house."""

import json
from pathlib import Path

from inlets.hooked import Hooked, hooked, source
from inlets.senders import Request, Sender, basic, mailgun
from retour.lifecycle import preset
from retour.model import Answer, MailKind
from retour.ports import Outcome

UNKNOWN = "550 5.1.1 user unknown"
BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "MessageID": "m1", "Details": UNKNOWN}


def furnished(made: Hooked) -> Hooked:
    policy = preset("default")
    made.house.store.accounts.add_account("shop", "shop.example", policy, made.house.clock.now())
    made.house.load()
    return made


def posted(made: Hooked, us: Sender, body: dict[str, object]) -> None:
    assert made.post(us.sign(json.dumps(body).encode(), made.now())).status_code == 200
    made.house.worker.drain()


def answer(made: Hooked, address: str) -> Answer:
    house = made.house
    return house.table.decision("shop", address, MailKind.MAILING, house.clock.now()).answer


def test_a_bounce_that_is_posted_stops_the_address_and_nobody_else(tmp_path: Path) -> None:
    us = basic("postmark")
    with hooked(tmp_path / "data", {"shop": source(us)}) as made:
        furnished(made)
        for _ in range(3):
            posted(made, us, {**BOUNCE, "Email": "ann@b.example"})
        assert [answer(made, f"{name}@b.example") for name in ("ann", "bob")] == [Answer.STOP, Answer.SEND]
        life = made.house.store.ledger.life("shop", "ann@b.example", made.house.clock.now())
        assert life is not None
        assert (len(life.events), life.state.hard) == (1, 1)


def test_generic_posts_are_read_by_their_mapping_or_in_our_own_names(tmp_path: Path) -> None:
    us, file = basic("generic"), tmp_path / "map.toml"
    file.write_text(
        '[fields]\nkind = "what"\nrecipient = "who"\ndiagnostic = "why"\n[kinds]\ngone = "bounce"\n'
    )
    mapped = {"what": "gone", "who": "ann@b.example", "why": UNKNOWN}
    ours = {"kind": "bounce", "recipient": "ann@b.example", "diagnostic": UNKNOWN}
    for settings, body in ((source(us, mapping=str(file)), mapped), (source(us), ours)):
        with hooked(tmp_path / str(len(settings)), {"shop": settings}) as made:
            furnished(made)
            posted(made, us, {"unknown": True})
            assert made.house.inbox.counts()[Outcome.UNPARSED] == 1
            posted(made, us, body)
            assert answer(made, "ann@b.example") is Answer.STOP


def test_the_token_of_a_delivery_cannot_be_used_for_a_bounce(tmp_path: Path) -> None:
    """Mailgun signs a token, not the event: of a judged delivery the bytes are gone, but not its name."""
    us = mailgun()
    with hooked(tmp_path / "data", {"shop": source(us)}) as made:
        furnished(made)
        request = us.sign(b'{"event": "delivered", "recipient": "ann@b.example"}', made.now())
        assert made.post(request).status_code == 200
        (arrival,) = made.arrivals()
        made.house.worker.drain()
        assert made.house.inbox.arrival(arrival.id) is None
        said = json.loads(request.body)
        said["event-data"] = {
            "event": "failed",
            "severity": "permanent",
            "recipient": "vic@b.example",
            "delivery-status": {"code": 550, "message": UNKNOWN},
        }
        made.post(Request(json.dumps(said).encode(), request.headers))
        made.house.worker.drain()
        assert answer(made, "vic@b.example") is Answer.SEND
        assert made.house.store.ledger.life("shop", "vic@b.example", made.house.clock.now()) is None
        posted(made, us, said["event-data"])  # under a token of its own it is believed
        assert answer(made, "vic@b.example") is Answer.STOP
