"""The guided review: addresses in which somebody has probably slipped, and no others."""

from math import inf
from typing import Any

from outlets.conftest import Installation
from outlets.test_segments import Told, told
from retour.console.slips import candidates
from retour.flow.review import LOOKED_AT
from retour.instants import HOUR
from retour.model import Reason

__all__ = ["told"]


def review(retour: Installation, **query: Any) -> Any:
    return retour.ask("GET", "/v1/review", params=query).json()


def test_slips_come_with_what_was_meant(retour: Installation, told: Told) -> None:
    told.bounce("ann@gmial.com")
    told.bounce("ann@gmail.com", Reason.MAILBOX_FULL, "4.2.2", "mailbox full")
    told.bounce("whoever@b.example")
    found = review(retour)
    (candidate,) = found["candidates"]
    assert candidate["address"] == "ann@gmial.com"
    assert candidate["suggestions"][0]["address"] == "ann@gmail.com"
    assert candidate["suggestions"][0]["hints"][0]["told"]
    assert candidate["explanation"]["words"]
    assert (found["looked_at"], found["next"]) == (2, None)


def test_what_was_corrected_is_not_asked_again(retour: Installation, told: Told) -> None:
    told.bounce("ann@gmial.com")
    body = {"old": "ann@gmial.com", "new": "ann@gmail.com", "reason": "a slip"}
    made = retour.ask("POST", "/v1/corrections", "demo-manager", json=body).json()
    assert review(retour)["candidates"] == []
    retour.ask("DELETE", f"/v1/corrections/{made['id']}", "demo-manager")
    assert len(review(retour)["candidates"]) == 1


def test_page_by_page_to_the_end(retour: Installation, told: Told) -> None:
    for number in range(5):
        told.bounce(f"ann{number}@gmial.com")
    seen, after = [], None
    while True:
        page = review(retour, limit=2, **({} if after is None else {"after": after}))
        seen += [each["address"] for each in page["candidates"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == [f"ann{number}@gmial.com" for number in range(5)]
    assert retour.ask("GET", "/v1/review", params={"after": "x"}).status_code == 422


def test_the_console_looks_on_until_it_finds_a_slip(retour: Installation, told: Told) -> None:
    def get(path: str, **query: Any) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return retour.ask("GET", path, params=given).json()

    told.bounce("max@gmial.com", at=retour.clock.now() - 2 * HOUR)
    for number in range(70):
        told.bounce(f"{number:03}x7q@b.example", reason=Reason.MAILBOX_DISABLED, status="5.2.1")
    assert review(retour)["candidates"] == []
    found = candidates(get, None, inf)
    assert [each["address"] for each in found["candidates"]] == ["max@gmial.com"]
    assert found["looked_at"] == 71
    assert candidates(get, review(retour)["next"], inf)["looked_at"] == 51
    assert candidates(get, None, 0)["looked_at"] == LOOKED_AT  # where a go has taken all its time


def test_a_job_looks_at_all_of_them_and_keeps_no_addresses(retour: Installation, told: Told) -> None:
    for number in range(45):
        slip = number in (3, 21, 44)
        told.bounce(f"{number:03}x7q@{'gmial.com' if slip else 'b.example'}")
    job = retour.ask("POST", "/v1/review").json()
    assert (job["kind"], job["order"]) == ("review", {"stopped": 45})
    assert retour.ask("GET", "/v1/review", params={"job": job["id"]}).status_code == 404  # not done yet
    retour.do_jobs()
    done = retour.ask("GET", f"/v1/jobs/{job['id']}").json()
    assert (done["state"], done["done"], done["total"]) == ("done", 45, 45)
    counts = [done["result"][name] for name in ("looked_at", "slips", "all")]
    assert counts == [45, 3, True]
    assert "gmial" not in str(done)
    first = review(retour, job=job["id"], limit=2)
    second = review(retour, job=job["id"], limit=2, after=first["next"])
    seen = [each["address"] for each in (*first["candidates"], *second["candidates"])]
    assert sorted(seen) == ["003x7q@gmial.com", "021x7q@gmial.com", "044x7q@gmial.com"]
    assert (first["looked_at"], second["next"]) == (45, None)
    body = {"old": "021x7q@gmial.com", "new": "021x7q@gmail.com", "reason": "a slip"}
    retour.ask("POST", "/v1/corrections", "demo-manager", json=body)
    left = review(retour, job=job["id"])["candidates"]
    assert sorted(each["address"] for each in left) == ["003x7q@gmial.com", "044x7q@gmial.com"]
    for wrong in ("x", "-1", "4"):
        assert retour.ask("GET", "/v1/review", params={"job": job["id"], "after": wrong}).status_code == 422
    assert retour.ask("GET", "/v1/review", params={"job": "none"}).status_code == 404


def test_the_rest_has_nobody_who_was_corrected(retour: Installation, told: Told) -> None:
    for address in ("ann@gmial.com", "bob@gmial.com"):
        told.bounce(address)
    body = {"old": "ann@gmial.com", "new": "ann@gmail.com", "reason": "a slip"}
    retour.ask("POST", "/v1/corrections", "demo-manager", json=body)
    rest, all_ = ({"bounces": {"status": "invalid"} | more} for more in ({"corrected": False}, {}))

    def asked(**body: Any) -> Any:
        return retour.ask("POST", "/v1/contacts/deletions?dry_run=true", "demo-manager", json=body).json()

    def listed(corrected: str) -> list[str]:
        found = retour.ask("GET", "/v1/bounces", params={"status": "invalid", "corrected": corrected})
        return [each["address"] for each in found.json()["bounces"]]

    assert (listed("no"), listed("yes")) == (["bob@gmial.com"], ["ann@gmial.com"])
    file = retour.ask("GET", "/v1/bounces/export", params={"corrected": "no"}).text
    assert ("bob@gmial.com" in file, "ann@gmial.com" in file) == (True, False)
    assert [asked(**{"from": rest})[name] for name in ("count", "corrected")] == [1, 0]
    assert [asked(**{"from": all_})[name] for name in ("count", "corrected")] == [2, 1]
    assert asked(addresses=["ann@gmial.com"])["corrected"] == 1
    meant = retour.ask("POST", "/v1/contacts/counts", json={"from": rest}).json()
    assert (meant["addresses"], meant["job"]) == (1, None)
    order = {"from": rest, "count": 1}
    assert retour.ask("POST", "/v1/contacts/deletions", "demo-manager", json=order).status_code == 202
    retour.do_jobs()
    assert (listed("no"), listed("yes")) == ([], ["ann@gmial.com"])
