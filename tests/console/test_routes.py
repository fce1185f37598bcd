"""Every address of the console with every role and for another account; one that is added must stand here.

The walk begins at the table of addresses itself, so that a page without a row fails.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser

from console.conftest import ADMIN
from console.installation import PASSWORD, Console, log_in, looking
from console.sound import sideways
from story import patient
from story.waiting import eventually

pytestmark = pytest.mark.engine("chromium")
LISTED = """
import json
from retour.console import framework
from retour.settings.chosen import Chosen
framework.configure(Chosen(api="", secret="", database=":memory:", django_secret="x"))
from django.urls import URLPattern, get_resolver

def walk(patterns, before=""):
    for each in patterns:
        place = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield each.name, place
        else:
            yield from walk(each.url_patterns, place)

print(json.dumps(dict(walk(get_resolver().url_patterns))))
"""
PEOPLE = {
    "member": "member@shop.example",
    "manager": "manager@shop.example",
    "support": "support@retour.example",
    "admin": ADMIN,
    "stranger": "stranger@other.example",  # a manager of another account
}
RANK = ["nobody", "own", "member", "manager", "support", "admin"]
REFUSED = {403, 404}
ADDRESS = "unknown@b.example"


class Row(NamedTuple):
    """One address: who is let in at least, with what answer, and where it stands."""

    least: str  # "nobody": without a login; "own": whoever has logged in, about themselves; else a role
    path: str
    let_in: int = 200
    method: str = "GET"


ROWS: dict[str, Row] = {
    "home": Row("own", "/"),
    "first": Row("nobody", "/first/forged/", 404),
    "too_long": Row("nobody", "/too-long/preferences", 413),
    "static": Row("nobody", "/static/console.css"),
    "preferences": Row("own", "/preferences/"),
    "components": Row("support", "/components/"),
    "account_email": Row("nobody", "/sign/email/", 404),  # nobody changes their own address
    "forgotten": Row("nobody", "/sign/password/reset/"),
    "desk": Row("support", "/desk/"),
    "decide": Row("support", "/desk/shop/{request}/"),
    "invited": Row("nobody", "/invited/forged/", 404),
    "team": Row("member", "/a/shop/team/"),
    "member": Row("manager", "/a/shop/team/{member}/"),
    "withdraw_invitation": Row("manager", "/a/shop/invitations/0/withdraw/", 404, "POST"),
    "keys": Row("manager", "/a/shop/keys/"),
    "revoke": Row("manager", "/a/shop/keys/{key}/revoke/"),
    "hooks": Row("manager", "/a/shop/webhooks/"),
    "hook": Row("manager", "/a/shop/webhooks/{hook}/"),
    "hook_message": Row("manager", "/a/shop/webhooks/{hook}/{message}/"),
    "account": Row("member", "/a/shop/account/"),
    "jobs": Row("member", "/a/shop/jobs/"),
    "job": Row("member", "/a/shop/jobs/0/", 404),
    "job_cancel": Row("manager", "/a/shop/jobs/0/cancel/", 404, "POST"),
    "reasons": Row("member", "/a/shop/charts/reasons/"),
    "reasons_csv": Row("member", "/a/shop/charts/reasons.csv"),
    "given_back": Row("member", "/a/shop/charts/given-back/"),
    "given_back_csv": Row("member", "/a/shop/charts/given-back.csv"),
    "recoveries": Row("member", "/a/shop/charts/recoveries/"),
    "recoveries_csv": Row("member", "/a/shop/charts/recoveries.csv"),
    "email": Row("member", "/a/shop/email/?name=May+news"),
    "provider": Row("member", "/a/shop/provider/?name=gmail"),
    "lag": Row("member", "/a/shop/charts/lag/"),
    "lag_csv": Row("member", "/a/shop/charts/lag.csv"),
    "rates_csv": Row("member", "/a/shop/charts/rates/days.csv"),
    "rulebook": Row("member", "/a/shop/rules/"),
    "rule": Row("member", "/a/shop/rules/ours.stopped/"),
    "sources": Row("member", "/a/shop/sources/"),
    "connect": Row("manager", "/a/shop/sources/connect/postfix/"),
    "topic": Row("manager", "/a/shop/sources/topics/0/confirm/", 404, "POST"),
    "overview": Row("member", "/a/shop/"),
    "export": Row("member", "/a/shop/bounces.csv"),
    "shortcuts": Row("own", "/shortcuts/"),
    "look": Row("member", "/a/shop/look/", 302, "POST"),
    "view_save": Row("member", "/a/shop/views/overview/", 302, "POST"),
    "view_drop": Row("member", "/a/shop/views/overview/0/drop/", 404, "POST"),
    "delete": Row("manager", f"/a/shop/delete/?address={ADDRESS}"),
    "data_delete": Row("manager", "/a/shop/data/delete/"),
    "count": Row("member", "/a/shop/count/bounces/", 302, "POST"),
    "save_list": Row("manager", "/a/shop/save-list/bounces/"),
    "contacts": Row("member", "/a/shop/contacts/"),
    "list_make": Row("manager", "/a/shop/contacts/lists/", 302, "POST"),
    "list_rename": Row("manager", "/a/shop/contacts/lists/{list}/rename/", 302, "POST"),
    "list_back": Row("manager", "/a/shop/contacts/lists/none/back/", 404, "POST"),
    "list_drop": Row("manager", "/a/shop/contacts/lists/none/drop/", 404, "POST"),
    "suppression_imports": Row("member", "/a/shop/contacts/imports/"),
    "import_undo": Row("manager", "/a/shop/contacts/imports/{import}/undo/"),
    "contact": Row("member", f"/a/shop/contact/{ADDRESS}/"),
    "review": Row("member", "/a/shop/review/"),
    "correct": Row("manager", f"/a/shop/correct/?old={ADDRESS}"),
    "mail": Row("support", f"/a/shop/address/{ADDRESS}/event/{{event}}/mail/"),
    "data": Row("member", "/a/shop/data/"),
    "data_export": Row("member", "/a/shop/data.csv"),
    "contacts_export": Row("member", "/a/shop/contacts.csv"),
    "segment_save": Row("member", "/a/shop/data/segments/", 302, "POST"),
    "segment_drop": Row("manager", "/a/shop/data/segments/drop/", 404, "POST"),
    "address": Row("member", f"/a/shop/address/{ADDRESS}/"),
    "details": Row("member", f"/a/shop/address/{ADDRESS}/event/{{event}}/"),
    "rates": Row("member", "/a/shop/rates/days/"),
    "checks": Row("member", "/a/shop/checks/"),
    "check_new": Row("manager", "/a/shop/checks/new/"),
    "check": Row("member", "/a/shop/checks/{check}/"),
    "check_rows": Row("member", "/a/shop/checks/{check}/rows/"),
    "check_file": Row("member", "/a/shop/checks/{check}/files/kept.csv"),
    "check_decide": Row("manager", "/a/shop/checks/{check}/decide/", 302, "POST"),
    "check_take": Row("manager", "/a/shop/checks/{check}/import/", 302, "POST"),
    "check_follow": Row("manager", "/a/shop/checks/{check}/imports/0/undo/", 404, "POST"),
    "check_remove": Row("manager", "/a/shop/checks/{check}/remove/"),
    "requests": Row("member", "/a/shop/requests/"),
    "ask": Row("member", "/a/shop/requests/ask/"),
    "request": Row("member", "/a/shop/requests/{request}/"),
    "settings": Row("member", "/a/shop/settings/"),
    "settings_history": Row("member", "/a/shop/settings/history/"),
    "settings_effects": Row("member", "/a/shop/settings/effects/"),
    "never_stop": Row("member", "/a/shop/settings/never-stop/"),
    "never_stop_remove": Row("manager", "/a/shop/settings/never-stop/remove/", 404, "POST"),
    "what_if": Row("member", "/a/shop/settings/what-if/{job}/"),
    "what_if_save": Row("manager", "/a/shop/settings/what-if/0/save/", 404, "POST"),
    "what_if_addresses": Row("member", "/a/shop/settings/what-if/{job}/addresses/"),
    "unparsed": Row("support", "/unparsed/"),
    "unparsed_again": Row("support", "/unparsed/again/", 302, "POST"),
    "unparsed_group": Row("support", "/unparsed/unparsed/0/", 404),
    "unparsed_aside": Row("support", "/unparsed/unparsed/0/aside/", 302, "POST"),
    "rules": Row("support", "/rules/"),
    "rules_take_back": Row("support", "/rules/0/take-back/", 302, "POST"),
    "waves": Row("support", "/a/shop/waves/"),
    "wave": Row("support", "/a/shop/waves/0/", 404),
    "wave_act": Row("support", "/a/shop/waves/0/undo/", 404, "POST"),
    "replay_groups": Row("support", "/replays/"),
    "replay_group": Row("support", "/replays/0/", 404),
    "replay_group_act": Row("support", "/replays/0/undo/", 404, "POST"),
    "replays": Row("support", "/a/shop/replays/"),
    "replay": Row("support", "/a/shop/replays/0/", 404),
    "replay_addresses": Row("support", "/a/shop/replays/0/addresses/", 404),
    "replay_act": Row("support", "/a/shop/replays/0/act/undo/", 404, "POST"),
    "incidents": Row("member", "/a/shop/incidents/"),
    "incident": Row("member", "/a/shop/incidents/0/", 404),
    "incident_count": Row("member", "/a/shop/incidents/0/count/", 404, "POST"),
    "incident_act": Row("support", "/a/shop/incidents/0/revert/", 404, "POST"),
    "ledger": Row("member", "/a/shop/ledger/"),
    "ledger_verify": Row("member", "/a/shop/ledger/verify/", 302, "POST"),
    "ledger_verified": Row("member", "/a/shop/ledger/verified/0/", 404),
    "ledger_export": Row("member", "/a/shop/ledger/ledger.csv"),
    "erase": Row("manager", "/a/shop/erase/"),
    "withdraw": Row("member", "/a/shop/requests/0/withdraw/", 404, "POST"),
}
# Of the library of logins: before a login, and about whoever has logged in.
BEFORE = {
    "account_login", "account_signup", "account_inactive", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key", "account_confirm_email",
    "account_reset_password_from_key_done", "account_email_verification_sent", "account_confirm_login_code",
    "mfa_authenticate", "socialaccount_login_cancelled", "socialaccount_login_error",
    "socialaccount_signup", "openid_connect_login", "openid_connect_callback",
}  # fmt: skip
OWN = {
    "account_logout": "/sign/logout/",
    "account_change_password": "/sign/password/change/",
    "account_set_password": "/sign/password/set/",
    "account_reauthenticate": "/sign/reauthenticate/",
    "usersessions_list": "/sign/sessions/",
    "mfa_index": "/sign/mfa/",
    "mfa_reauthenticate": "/sign/mfa/reauthenticate/",
    "mfa_activate_totp": "/sign/mfa/totp/activate/",
    "mfa_deactivate_totp": "/sign/mfa/totp/deactivate/",
    "mfa_view_recovery_codes": "/sign/mfa/recovery-codes/",
    "mfa_generate_recovery_codes": "/sign/mfa/recovery-codes/generate/",
    "mfa_download_recovery_codes": "/sign/mfa/recovery-codes/download/",
    "socialaccount_connections": "/sign/social/",
}


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    """The addresses of the console by name."""
    run = subprocess.run([sys.executable, "-c", LISTED], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def clients(console: Console) -> Iterator[dict[str, httpx.Client]]:
    """One client for each role, logged in."""
    with ExitStack() as stack:
        made = {who: stack.enter_context(patient.Client(base_url=console.url)) for who in PEOPLE}
        for who, email in PEOPLE.items():
            form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token(made[who])}
            assert made[who].post("/sign/login/", data=form).status_code == 302, email
        yield made


@pytest.fixture(scope="module")
def made(console: Console, clients: dict[str, httpx.Client]) -> dict[str, str]:
    """What the addresses name: a bounce, a request, a check of a list."""
    body = {"addresses": [ADDRESS], "done": "The mailbox was made again."}
    hook = console.ask("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/"})["id"]
    message = console.ask("POST", f"/v1/webhooks/{hook}/test", json={})["id"]
    life = console.ask("GET", f"/v1/addresses/{ADDRESS}")
    job = console.ask("POST", "/v1/policy/what-if", json={"settings": {"soft_threshold": 1}, "expected": 1})
    eventually(lambda: console.ask("GET", f"/v1/jobs/{job['id']}")["state"] == "done", "it", console.story)
    check = console.ask("POST", "/v1/list-checks", content=b"ann@b-firm.de\n")["id"]

    def done() -> bool:
        return bool(console.ask("GET", f"/v1/jobs/{check}")["state"] == "done")

    eventually(done, "the check", console.story)
    imported = console.ask(
        "POST", "/v1/suppressions/import", params={"format": "csv"}, content=b"address\nimported@b.example\n"
    )
    return {
        "hook": hook,
        "message": message,
        "key": console.ask("GET", "/v1/keys")["keys"][0]["id"],
        "member": first_member(clients["manager"]),
        "check": check,
        "list": console.ask("POST", "/v1/contact-lists", json={"name": "theirs"})["id"],
        "import": imported["id"],
        "request": console.ask("POST", "/v1/requests", json=body)["id"],
        "event": life["events"][0]["id"],
        "job": job["id"],
    }


def first_member(client: httpx.Client) -> str:
    found = re.search(r'href="/a/shop/team/(\d+)/"', client.get("/a/shop/team/").text)
    assert found is not None
    return found[1]


def token(client: httpx.Client, path: str = "/sign/login/") -> str:
    """What a form needs to be believed."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).text)
    assert found is not None
    return found[1]


def answer(client: httpx.Client, row: Row, made: dict[str, str]) -> httpx.Response:
    path = row.path.format(**made)
    if row.method == "GET":
        found = client.get(path, follow_redirects=True)
        assert row.least == "nobody" or "/sign/" not in str(found.url)
        return found
    return client.post(path, data={"csrfmiddlewaretoken": token(client, "/preferences/")})


def test_every_address_has_a_row(table: dict[str, str]) -> None:
    assert set(table) == {*ROWS, *BEFORE, *OWN}


def test_each_row_stands_at_its_address(table: dict[str, str]) -> None:
    for name, row in ROWS.items():
        place = re.sub(r"<path:\w+>", ".+", re.sub(r"<(\w+:)?\w+>", "[^/]+", table[name]))
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
@pytest.mark.parametrize("name", ROWS)
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


def test_every_page_holds_at_200_percent_on_paper_and_in_forced_colours(
    console: Console, browser: Browser, made: dict[str, str]
) -> None:
    """Of the whole table: what is a page for the staff neither scrolls sideways nor prints its navigation."""
    found: list[tuple[str, str]] = []
    with looking(browser, viewport={"width": 640, "height": 640}, device_scale_factor=2) as page:
        log_in(page, console.url, ADMIN)
        for name, row in ROWS.items():
            path = row.path.format(**made)
            if row.method != "GET" or row.let_in != 200 or not path.partition("?")[0].endswith("/"):
                continue
            page.goto(console.url + path)
            for width, media, forced in (
                (640, "screen", "none"),
                (320, "screen", "active"),
                (700, "print", "none"),
            ):
                page.set_viewport_size({"width": width, "height": 640})
                page.emulate_media(media=media, forced_colors=forced)
                if wide := sideways(page):
                    found.append((name, f"{wide} px sideways at {width}, {media}"))
                if media == "print" and page.locator(".side:visible, .folded:visible, .top:visible").count():
                    found.append((name, "navigation on paper"))
            page.emulate_media(media="screen", forced_colors="none")
    assert found == []
