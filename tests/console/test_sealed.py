"""Secrets of second factors under the key of the installation, and under another."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = """
import json, sys
from retour.console import framework
from retour.settings.chosen import Chosen
framework.configure(Chosen(api="", secret="", database=sys.argv[1], django_secret=sys.argv[2] * 64))
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from retour.console.people.models import Person
from retour.console.people.sealed import seal_all
person = Person.objects.filter(email="ann@shop.example").first()
if person is None:
    person = Person.objects.create_user("ann@shop.example")
    plain = {"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
    Authenticator.objects.create(user=person, type="totp", data=plain)
    Authenticator.objects.create(user=person, type="recovery_codes", data={"seed": "ab" * 40, "used_mask": 3})
app = Authenticator.objects.get(type="totp")
codes = Authenticator.objects.get(type="recovery_codes")
if sys.argv[3] == "seal":
    seal_all()
    app.refresh_from_db(), codes.refresh_from_db()
counter = list(yield_hotp_counters_from_time())[1]
now = format_hotp_value(hotp_value("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", counter))
print(json.dumps([app.data, codes.data, TOTP(app).validate_code(now), RecoveryCodes(codes).generate_codes()]))
"""


def tried(file: Path, key: str, how: str) -> Any:
    command = [sys.executable, "-c", SCRIPT, str(file), key, how]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_what_an_earlier_version_kept_is_sealed_and_goes_on_working(tmp_path: Path) -> None:
    plain, _, right, codes = tried(tmp_path / "c", "k", "look")
    assert (plain, right) == ({"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}, True)
    app, recovery, right, after = tried(tmp_path / "c", "k", "seal")
    assert app["secret"].startswith("sealed:")
    assert recovery["seed"].startswith("sealed:")
    assert (recovery["used_mask"], right, after) == (3, True, codes)
    assert tried(tmp_path / "c", "k", "seal")[0] == app  # once


def test_under_another_key_no_code_is_right(tmp_path: Path) -> None:
    codes = tried(tmp_path / "c", "k", "seal")[3]
    _, _, right, others = tried(tmp_path / "c", "x", "look")
    assert right is False
    assert not set(codes) & set(others)
