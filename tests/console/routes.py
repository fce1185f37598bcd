"""Where every page stands and who is let in at least: the table from which all tests of pages begin."""

import json
import subprocess
import sys
from typing import NamedTuple

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
ADDRESS = "unknown@b.example"
RANK = ["nobody", "own", "member", "manager", "support", "admin"]


class Row(NamedTuple):
    """One address: who is let in at least, with what answer, and where it stands."""

    least: str  # "nobody": without a login; "own": whoever has logged in, about themselves; else a role
    path: str
    let_in: int = 200
    method: str = "GET"  # "POST": it only takes forms
    form: str = ""  # of a page: who may send it a form at least; empty where it takes none


ROWS: dict[str, Row] = {
    "home": Row("own", "/"),
    "first": Row("nobody", "/first/forged/", 404, form="nobody"),
    "too_long": Row("nobody", "/too-long/preferences", 413),
    "static": Row("nobody", "/static/console.css"),
    "preferences": Row("own", "/preferences/", form="own"),
    "components": Row("support", "/components/"),
    "account_email": Row("nobody", "/sign/email/", 404),  # nobody changes their own address
    "forgotten": Row("nobody", "/sign/password/reset/", form="nobody"),
    "desk": Row("support", "/desk/"),
    "decide": Row("support", "/desk/shop/{request}/", form="support"),
    "invited": Row("nobody", "/invited/forged/", 404, form="nobody"),
    "team": Row("member", "/a/shop/team/", form="manager"),
    "member": Row("manager", "/a/shop/team/{member}/", form="manager"),
    "withdraw_invitation": Row("manager", "/a/shop/invitations/{invitation}/withdraw/", 302, "POST"),
    "keys": Row("manager", "/a/shop/keys/", form="manager"),
    "revoke": Row("manager", "/a/shop/keys/{key}/revoke/", form="manager"),
    "hooks": Row("manager", "/a/shop/webhooks/", form="manager"),
    "hook": Row("manager", "/a/shop/webhooks/{hook}/", form="manager"),
    "hook_message": Row("manager", "/a/shop/webhooks/{hook}/{message}/", form="manager"),
    "account": Row("member", "/a/shop/account/", form="manager"),
    "jobs": Row("member", "/a/shop/jobs/"),
    "job": Row("member", "/a/shop/jobs/{job}/"),
    "job_cancel": Row("manager", "/a/shop/jobs/{job}/cancel/", 302, "POST"),
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
    "shortcuts": Row("own", "/shortcuts/", form="own"),
    "look": Row("member", "/a/shop/look/", 302, "POST"),
    "view_save": Row("member", "/a/shop/views/overview/", 302, "POST"),
    "view_rename": Row("member", "/a/shop/views/overview/{view}/rename/", 302, "POST"),
    "view_drop": Row("member", "/a/shop/views/overview/{view}/drop/", 302, "POST"),
    "delete": Row("manager", f"/a/shop/delete/?address={ADDRESS}", form="manager"),
    "data_delete": Row("manager", "/a/shop/data/delete/", form="manager"),
    "count": Row("member", "/a/shop/count/bounces/", 302, "POST"),
    "save_list": Row("member", "/a/shop/save-list/bounces/", form="member"),
    "contacts": Row("member", "/a/shop/contacts/"),
    "list_make": Row("manager", "/a/shop/contacts/lists/", 302, "POST"),
    "list_rename": Row("manager", "/a/shop/contacts/lists/{list}/rename/", 302, "POST"),
    "list_back": Row("manager", "/a/shop/contacts/lists/{list}/back/", 302, "POST"),
    "list_drop": Row("manager", "/a/shop/contacts/lists/{list}/drop/", 302, "POST"),
    "suppression_imports": Row("member", "/a/shop/contacts/imports/"),
    "import_undo": Row("manager", "/a/shop/contacts/imports/{import}/undo/", form="manager"),
    "contact": Row("member", f"/a/shop/contact/{ADDRESS}/", form="manager"),
    "review": Row("member", "/a/shop/review/"),
    "review_look": Row("member", "/a/shop/review/look/", 302, "POST"),
    "review_of": Row("member", "/a/shop/review/{review}/"),
    "correct": Row("manager", f"/a/shop/correct/?old={ADDRESS}", form="manager"),
    "mail": Row("support", f"/a/shop/address/{ADDRESS}/event/{{event}}/mail/"),
    "data": Row("member", "/a/shop/data/"),
    "data_export": Row("member", "/a/shop/data.csv"),
    "contacts_export": Row("member", "/a/shop/contacts.csv"),
    "segment_save": Row("member", "/a/shop/data/segments/", 302, "POST"),
    "segment_drop": Row("manager", "/a/shop/data/segments/drop/", 302, "POST"),
    "address": Row("member", f"/a/shop/address/{ADDRESS}/"),
    "details": Row("member", f"/a/shop/address/{ADDRESS}/event/{{event}}/"),
    "rates": Row("member", "/a/shop/rates/days/"),
    "checks": Row("member", "/a/shop/checks/"),
    "check_new": Row("manager", "/a/shop/checks/new/", form="manager"),
    "check": Row("member", "/a/shop/checks/{check}/"),
    "check_rows": Row("member", "/a/shop/checks/{check}/rows/"),
    "check_file": Row("member", "/a/shop/checks/{check}/files/kept.csv"),
    "check_decide": Row("manager", "/a/shop/checks/{check}/decide/", 302, "POST"),
    "check_take": Row("manager", "/a/shop/checks/{check}/import/", 302, "POST"),
    "check_outcome": Row("manager", "/a/shop/checks/{check}/imports/{taken}/outcome/", 302, "POST"),
    "check_undo": Row("manager", "/a/shop/checks/{check}/imports/{taken}/undo/", form="manager"),
    "check_remove": Row("manager", "/a/shop/checks/{check}/remove/", form="manager"),
    "requests": Row("member", "/a/shop/requests/"),
    "ask": Row("member", "/a/shop/requests/ask/", form="member"),
    "request": Row("member", "/a/shop/requests/{request}/"),
    "settings": Row("member", "/a/shop/settings/", form="manager"),
    "settings_history": Row("member", "/a/shop/settings/history/"),
    "settings_effects": Row("member", "/a/shop/settings/effects/"),
    "never_stop": Row("member", "/a/shop/settings/never-stop/", form="manager"),
    "never_stop_remove": Row("manager", "/a/shop/settings/never-stop/remove/", 302, "POST"),
    "what_if": Row("member", "/a/shop/settings/what-if/{job}/"),
    "what_if_save": Row("manager", "/a/shop/settings/what-if/{job}/save/", 302, "POST"),
    "what_if_addresses": Row("member", "/a/shop/settings/what-if/{job}/addresses/"),
    "unparsed": Row("support", "/unparsed/"),
    "unparsed_again": Row("support", "/unparsed/again/", 302, "POST"),
    "unparsed_group": Row("support", "/unparsed/unparsed/{shape}/"),
    "unparsed_aside": Row("support", "/unparsed/unparsed/{shape}/aside/", 302, "POST"),
    "rules": Row("support", "/rules/", form="support"),
    "rules_take_back": Row("support", "/rules/{own_rule}/take-back/", 302, "POST"),
    "waves": Row("support", "/a/shop/waves/", form="support"),
    "wave": Row("support", "/a/shop/waves/{wave}/"),
    "wave_act": Row("support", "/a/shop/waves/{wave}/apply/", 302, "POST"),
    "replay_groups": Row("support", "/replays/", form="support"),
    "replay_group": Row("support", "/replays/{group}/"),
    "replay_group_act": Row("support", "/replays/{group}/apply/", 302, "POST"),
    "replays": Row("support", "/a/shop/replays/", form="support"),
    "replay": Row("support", "/a/shop/replays/{replay}/"),
    "replay_addresses": Row("support", "/a/shop/replays/{replay}/addresses/"),
    "replay_act": Row("support", "/a/shop/replays/{replay}/act/apply/", 302, "POST"),
    "incidents": Row("member", "/a/shop/incidents/"),
    "incident": Row("member", "/a/shop/incidents/{incident}/"),
    "incident_count": Row("member", "/a/shop/incidents/{incident}/count/", 302, "POST"),
    "incident_act": Row("support", "/a/shop/incidents/{incident}/revert/", 302, "POST"),
    "ledger": Row("member", "/a/shop/ledger/"),
    "ledger_verify": Row("member", "/a/shop/ledger/verify/", 302, "POST"),
    "ledger_verified": Row("member", "/a/shop/ledger/verified/{verified}/"),
    "ledger_export": Row("member", "/a/shop/ledger/ledger.csv"),
    "erase": Row("manager", "/a/shop/erase/", form="manager"),
    "withdraw": Row("member", "/a/shop/requests/{request}/withdraw/", 302, "POST"),
}
# What is sent to those that only take forms, where no page of a furnished account has that form.
SENT: dict[str, dict[str, str]] = {
    "withdraw_invitation": {},
    "job_cancel": {},
    "view_save": {"name": "typed", "query": "type=hard"},
    "view_rename": {"name": "theirs anew"},
    "view_drop": {},
    "count": {},
    "list_rename": {"name": "typed"},
    "list_drop": {},
    "list_back": {},
    "segment_save": {"name": "typed", "reason": "address_unknown"},
    "segment_drop": {"name": "theirs"},
    "check_decide": {"act": "all", "count": "0"},
    "check_outcome": {},
    "never_stop_remove": {"entry": "boss@shop.example"},
    "rules_take_back": {},
    "replay_group_act": {"reason": "typed"},
    "replay_act": {"reason": "typed"},
    "incident_count": {},
    "what_if_save": {},
    "topic": {},
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


def table() -> dict[str, str]:
    """Every address of the console by name, as its own table has it."""
    run = subprocess.run([sys.executable, "-c", LISTED], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(run.stdout)
    return found


def pages(made: dict[str, str]) -> dict[str, str]:
    """Where each page is looked at, by name: what the table has and one can go to. Files are none."""
    shown = {name: row.path for name, row in ROWS.items() if row.method == "GET" and row.let_in == 200}
    return {name: path.format(**made) for name, path in shown.items() if path.partition("?")[0].endswith("/")}
