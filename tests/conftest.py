"""What all tests share: those that need real mail software skip without it, and fail when CI lacks it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import hatch_build
import pytest
from hypothesis import HealthCheck, settings

# Hundreds of processes of one run would each compile all of the source anew where bytecode is not to be kept.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy neighbour must not fail a test: no generated example has a time limit.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Whoever starts a server wants its console only where the console is the matter: it costs a second each time.
os.environ.setdefault("RETOUR_CONSOLE__ENABLED", "false")

# Where Debian puts the daemons; /usr/sbin is not on everybody's PATH.
_SEARCH = os.pathsep.join(
    [os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/dovecot", "/usr/lib/systemd", "/lib/systemd"]
)
_PROGRAMS = {
    "chromium": ("chromium",),
    "postfix": ("postfix", "postconf"),
    "dovecot": ("dovecot", "doveadm"),
    "journal": ("journalctl", "systemd-journal-remote"),
    "nsd": ("nsd",),
}
_UNPACKED = {
    "exim": "usr/sbin/exim4",
    "opensmtpd": "usr/sbin/smtpd",
    "sendmail": "usr/libexec/sendmail/sendmail",
}
_LONG = (
    "tests/compiled/",
    "tests/test_bench.py",
    "tests/outlets/test_api_routes.py",
    "tests/console/",
    "tests/story/",
    "tests/core/test_listcheck_equal.py",
    "tests/core/test_lists.py",
)
_OVERLAY = """
mount -t tmpfs tmpfs /mnt; cd /mnt; mkdir upper work whole
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work whole
"""


@cache
def _obstacle(engine: str) -> str | None:
    """Why this engine cannot run here, or None when it can."""
    if engine == "compiler":
        return hatch_build.missing() or None
    if engine in _UNPACKED:
        return _not_unpacked(engine)
    absent = [program for program in _PROGRAMS[engine] if not shutil.which(program, path=_SEARCH)]
    if absent:
        return (
            f"{engine} is not installed ({', '.join(absent)} not found); `sudo scripts/engines` installs it"
        )
    if os.geteuid() != 0 and engine not in ("journal", "nsd", "chromium"):
        return f"{engine} only starts as root; run the story tests as root or in a container"
    if engine == "dovecot":
        return _other_dovecot()
    return None


def _not_unpacked(engine: str) -> str | None:
    """They are unpacked beside the project, for they cannot be installed together with Postfix."""
    if not (Path(__file__).parents[1] / ".engines" / engine / _UNPACKED[engine]).exists():
        return f"{engine} is not unpacked; `scripts/engines` does it on Debian"
    if os.geteuid() != 0:
        return f"{engine} only starts as root; run the story tests as root or in a container"
    run = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    if run.returncode:
        return f"{engine} needs a mount namespace: {run.stderr.strip()}"
    return None if engine == "exim" else _no_overlay(engine)


def _no_overlay(engine: str) -> str | None:
    run = subprocess.run(["unshare", "--mount", "sh", "-ec", _OVERLAY], capture_output=True, text=True)
    return f"{engine} needs an overlay over the root: {run.stderr.strip()}" if run.returncode else None


def _other_dovecot() -> str | None:
    command = [shutil.which("dovecot", path=_SEARCH) or "dovecot", "--version"]
    version = subprocess.run(command, capture_output=True, text=True).stdout.split(" ")[0]
    if version.startswith("2.3."):
        return None
    return f"dovecot is {version}; tests/story/dovecot.py is written in the configuration language of 2.3"


def _engines(item: pytest.Item) -> list[str]:
    return [engine for mark in item.iter_markers("engine") for engine in mark.args]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, lest one process works on it while the others have nothing left to do."""
    items.sort(key=lambda item: [not item.nodeid.startswith(place) for place in _LONG])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose engine is missing, with the reason."""
    for engine in _engines(item):
        if reason := _obstacle(engine):
            pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skipped engine test is a failed one: a green run means that the stories were told."""
    report = yield
    if report.skipped and _engines(item) and os.environ.get("CI") == "true":
        why: Any = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI=true allows no skipped engine: {why}"
    return report
