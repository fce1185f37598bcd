"""How often a code, a password and a link may be tried, with a clock that is set forward by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# The whole console but for its server: Django with its middleware, its cache and its database.
SCRIPT = """
import json, sys, time
START = int(time.time()) // 30 * 30 + 1
clock = [START]
time.time = lambda: clock[0]
from retour.console import framework
from retour.settings.chosen import Chosen
framework.configure(Chosen(api="", secret="", database=sys.argv[1], django_secret="k" * 64))
from django.core.cache import cache
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from retour.console.people.models import Person
from retour.console.people.sealed import seal_all
SECRET, PASSWORD = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "a long one, for tests"

def person(name):
    made = Person.objects.create_user(f"{name}@shop.example", PASSWORD)
    return made

def with_app(made):
    Authenticator.objects.create(user=made, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(user=made, type="recovery_codes", data={"seed": "ab" * 40, "used_mask": 0})
    seal_all()
    return RecoveryCodes(Authenticator.objects.get(user=made, type="recovery_codes")).generate_codes()

def log_in(name, password=PASSWORD, ip="203.0.113.9"):
    client = Client(REMOTE_ADDR=ip, SERVER_NAME="localhost")
    answer = client.post("/sign/login/", {"login": f"{name}@shop.example", "password": password})
    return client, answer

def let_in(name, code):
    client, answer = log_in(name)
    assert answer["location"].startswith("/sign/mfa/authenticate/"), answer["location"]
    return client.post("/sign/mfa/authenticate/", {"code": code}).status_code == 302

def code(step):
    return format_hotp_value(hotp_value(SECRET, START // 30 + step))

def too_many(answer):
    return answer.status_code == 429 or b"oo many" in answer.content
"""
CODES = """
ann = with_app(person("ann"))
told = [let_in("ann", code(0)), let_in("ann", code(0))]
clock[0] += 31  # of the step before, and still right
told += [let_in("ann", code(0)), let_in("ann", code(0)[:3] + " " + code(0)[3:]), let_in("ann", code(1))]
told += [let_in("ann", ann[0]), let_in("ann", ann[0])]
clock[0] += 3600
told += [let_in("ann", ann[0]), let_in("ann", code(0)), let_in("ann", ann[1])]
print(json.dumps(told))
"""
GUESSES = """
with_app(person("ann"))
client, _ = log_in("ann")
print(json.dumps([too_many(client.post("/sign/mfa/authenticate/", {"code": f"{n:06}"})) for n in range(8)]))
"""
NETWORK = """
print(json.dumps([too_many(log_in(f"p{n}", "wrong", f"2001:db8::{n:x}:1")[1]) for n in range(14)]))
"""
FLOOD = """
for n in range(6):
    _, last = log_in("ann", "wrong")
for n in range(1000):
    cache.set(f"another {n}", [clock[0]], 60)
print(json.dumps([too_many(last), too_many(log_in("ann", "wrong", "198.51.100.7")[1])]))
"""
NEXT = """
person("ann")
told = []
PLACES = [
    "https://evil.example/", "//evil.example/", "/\\\\evil.example/", "javascript:alert(1)",
    "https:evil.example", " //evil.example", "\\t//evil.example", "http:///evil.example", "/a/shop/",
]
for place in PLACES:
    client = Client(SERVER_NAME="localhost")
    sent = {"login": "ann@shop.example", "password": PASSWORD, "next": place}
    told.append(client.post("/sign/login/", sent)["location"])
print(json.dumps(told))
"""


def tried(tmp_path: Path, script: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT + script, str(tmp_path / "console")], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_code_is_good_once_for_as_long_as_it_is_right(tmp_path: Path) -> None:
    first, again, later, spaced, next_, *recovery = tried(tmp_path, CODES)
    assert (first, again, later, spaced, next_) == (True, False, False, False, True)
    assert recovery == [True, False, False, False, True]


def test_codes_are_guessed_five_times_and_no_more(tmp_path: Path) -> None:
    assert tried(tmp_path, GUESSES) == [False] * 5 + [True] * 3


def test_a_network_of_its_own_is_one_client(tmp_path: Path) -> None:
    """IPv6 gives everybody 2**64 addresses: counted is the network."""
    assert tried(tmp_path, NETWORK) == [False] * 10 + [True] * 4


def test_what_others_try_lets_nobody_guess_anew(tmp_path: Path) -> None:
    assert tried(tmp_path, FLOOD) == [True, True]


def test_a_login_leads_nowhere_else(tmp_path: Path) -> None:
    *elsewhere, here = tried(tmp_path, NEXT)
    assert (set(elsewhere), here) == ({"/"}, "/a/shop/")
