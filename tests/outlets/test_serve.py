"""`retour serve` as a process: it starts, walks, ends cleanly, and says why when it cannot start."""

import json
import os
import re
import resource
import shlex
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retour.outlets.api.connection import HEAD
from story import patient
from story.reports import report
from story.waiting import eventually

RETOUR = str(Path(sys.executable).with_name("retour"))
DEAD = "nobody@b.example"

SETTINGS = """\
[api]
port = 0
[smtp]
port = 0
[lmtp]
port = 0
[postfix]
more_url = "https://more.example"
[[postfix.listeners]]
port = 0
"""

STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """A test that fails leaves no server behind, which the next one would be blamed for."""
    yield
    while STARTED:
        left = STARTED.pop()
        if left.poll() is None:
            left.kill()
            left.wait()


def _hear_hangups() -> None:
    # Who runs the tests under nohup(1) leaves SIGHUP ignored to every process under it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Process:
    """A running `retour serve`, with ports of its own choice."""

    def __init__(self, directory: Path, *arguments: str, settings: str = "") -> None:
        self.directory = directory
        (directory / "retour.toml").write_text(SETTINGS + settings, "utf-8")
        self.log = directory / "log"
        self.shown = directory / "shown"
        with self.log.open("wb") as log, self.shown.open("wb") as shown:
            self.process = subprocess.Popen(
                [RETOUR, "serve", *arguments],
                cwd=directory,
                stdout=shown,
                stderr=log,
                env=environment(),
                preexec_fn=_hear_hangups,
            )
        STARTED.append(self.process)
        self.ports: dict[str, Any] = eventually(self._ready, "retour to be ready", self.story)

    def _ready(self) -> dict[str, Any] | None:
        assert self.process.poll() is None, self.story()
        events = [json.loads(line) for line in self.log.read_text("utf-8").splitlines(keepends=False) if line]
        return next((event for event in events if event["event"] == "retour is ready"), None)

    def story(self) -> str:
        return self.log.read_text("utf-8")

    def command(self, *arguments: str) -> str:
        run = subprocess.run([RETOUR, *arguments], cwd=self.directory, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout.strip()

    def ask(self, method: str, path: str, key: str, **more: Any) -> Any:
        url = f"http://127.0.0.1:{self.ports['api']}{path}"
        answer = httpx.request(method, url, headers={"Authorization": f"Bearer {key}"}, timeout=120, **more)
        return answer.json() if answer.status_code != 404 else None

    def policy(self, **attributes: str) -> str:
        """What the policy service answers at RCPT."""
        asked = {"request": "smtpd_access_policy", "protocol_state": "RCPT", **attributes}
        with socket.create_connection(("127.0.0.1", self.ports["policy"][0]), 30) as line:
            line.sendall("".join(f"{name}={value}\n" for name, value in asked.items()).encode() + b"\n")
            with line.makefile("rb") as answer:
                return answer.readline().decode("ascii").strip()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


def environment() -> dict[str, str]:
    """Without settings of whoever runs the tests, and without the console, whose port another may hold."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RETOUR_")} | {
        "LANG": "C",
        "RETOUR_CONSOLE__ENABLED": "false",
    }


@pytest.fixture
def retour(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


def bounce(process: Process, to: str) -> None:
    """A delivery report for this return address, through the LMTP inlet."""
    with smtplib.LMTP("127.0.0.1", process.ports["lmtp"], timeout=120) as session:
        session.sendmail("", [to], report(to, "nobody@b.example", "550 5.1.1 no such user"))


def stopped(process: Process, key: str) -> Any:
    answer = process.ask("GET", "/v1/check", key, params={"address": DEAD})
    return answer if answer["decision"] == "stop" else None


def test_the_walk_from_a_send_to_a_refusal_and_over_a_restart(retour: Process, tmp_path: Path) -> None:
    retour.command("account", "add", "shop", "--return-domain", "return.test")
    key = retour.command("key", "add", "--account", "shop")

    def registered() -> Any:
        return retour.ask("POST", "/v1/sends", key, json={"recipient": DEAD, "kind": "mailing"})

    return_address = registered()["return_address"]
    eventually(lambda: _accepted(retour, return_address), "the inlet to know the account", retour.story)
    answer = eventually(lambda: stopped(retour, key), "the address to be stopped", retour.story)
    assert answer["why"] == "hard"
    life = retour.ask("GET", f"/v1/addresses/{DEAD}", key)
    assert [event["reason"] for event in life["events"]] == ["address_unknown"]
    refusal = retour.policy(sender=return_address, recipient=DEAD)
    assert re.fullmatch(
        r"action=550 5\.7\.1 Sending to this recipient is stopped \(address unknown since \d{4}-\d\d-\d\d\) "
        r"\[retour:stopped\] https://more\.example",
        refusal,
    )
    assert retour.policy(sender=return_address, recipient="ann@b.example") == "action=DUNNO"
    assert retour.end() == 0

    again = Process(tmp_path)
    assert stopped(again, key), "the gate is filled from the store at the start"
    assert again.end(signal.SIGINT) == 0


def test_a_full_disk_is_told_as_such_and_passes(retour: Process) -> None:
    """No file of the server may grow for a while: SQLite hears the same as of a full disk."""
    retour.command("account", "add", "shop", "--return-domain", "return.test")
    key = retour.command("key", "add", "--account", "shop")

    def registered() -> Any:
        return retour.ask("POST", "/v1/sends", key, json={"recipient": DEAD, "kind": "mailing"})

    eventually(lambda: "return_address" in registered(), "the server to know the key", retour.story)
    free, most = resource.prlimit(retour.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(retour.process.pid, resource.RLIMIT_FSIZE, (1, most))
    refused = registered()
    assert (refused["status"], refused["type"]) == (503, "/problems/store_down"), refused
    resource.prlimit(retour.process.pid, resource.RLIMIT_FSIZE, (free, most))
    assert "return_address" in registered()


def _accepted(process: Process, return_address: str) -> bool:
    try:
        bounce(process, return_address)
    except smtplib.SMTPRecipientsRefused:
        return False  # made by another process less than a second ago
    return True


def test_probes_and_metrics_are_open(retour: Process) -> None:
    url = f"http://127.0.0.1:{retour.ports['api']}"
    assert patient.get(f"{url}/readyz").json()["status"] == "ready"
    metrics = patient.get(f"{url}/metrics").text
    assert 'retour_inbox{outcome="waiting"} 0.0' in metrics
    for name in ("retour_arrivals_total", "retour_lmtp_recipients_total", "retour_policy_answers_total"):
        assert name in metrics


CHUNKED = b"POST /v1/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
        CHUNKED + b"0\r\nX: ",
        CHUNKED + b"2;",
    ],
)
def test_a_head_or_trailer_without_end_is_cut_off(retour: Process, begun: bytes) -> None:
    address = ("127.0.0.1", retour.ports["api"])
    with socket.create_connection(address, 30) as line, pytest.raises(ConnectionError):
        line.sendall(begun + b"a" * (1000 * HEAD))
    url = f"http://127.0.0.1:{retour.ports['api']}"
    long_but_whole = {"X": "a" * (HEAD - 1024)}
    assert patient.get(f"{url}/healthz", headers=long_but_whole).status_code == 200


def test_every_line_of_the_log_is_json_in_ascii(retour: Process) -> None:
    assert retour.end() == 0
    lines = retour.log.read_bytes().splitlines()
    assert len(lines) > 2
    for line in lines:
        assert line.isascii()
        assert json.loads(line)["event"]


def refused(directory: Path, *arguments: str, **variables: str) -> str:
    """What `retour serve` says when it cannot start."""
    run = subprocess.run(
        [RETOUR, "serve", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        env=environment() | variables,
        timeout=120,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr


def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "retour.toml").write_text(SETTINGS, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for key in ("api.port", "smtp.port", "lmtp.port"):
            said = refused(tmp_path, **{f"RETOUR_{key.replace('.', '__').upper()}": port})
            assert f"127.0.0.1:{port}" in said
            assert key in said


def test_a_data_directory_in_use_is_told(retour: Process, tmp_path: Path) -> None:
    assert "another `retour serve` uses this directory" in refused(tmp_path)
    assert "ein anderes `retour serve` benutzt dieses Verzeichnis" in refused(tmp_path, "--lang", "de")


def test_a_data_directory_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", "utf-8")
    assert "data: cannot be written" in refused(tmp_path)


def test_a_bad_setting_is_told(tmp_path: Path) -> None:
    (tmp_path / "retour.toml").write_text("[api]\nport = 'x'", "utf-8")
    assert "retour.toml: api.port" in refused(tmp_path)
    assert "none.toml: cannot be read" in refused(tmp_path, "--config", "none.toml")


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "msgspec", "pydantic_settings", "structlog"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['retour', 'serve']; "
        "from retour.cli import main; main()"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.returncode == 1
    assert missing in run.stderr
    assert "retour[server]" in run.stderr


def test_the_demo_prints_three_commands_that_work_as_printed(tmp_path: Path) -> None:
    process = Process(tmp_path, "--demo")
    try:
        eventually(lambda: "Ctrl-C" in process.shown.read_text("utf-8"), "the invitation", process.story)
        lines = process.shown.read_text("utf-8").splitlines()
        send, look, again = (line.strip() for line in lines if line.startswith("     "))
        assert run(send)[0] == 0

        def seen() -> str | None:
            said = run(look)[1]
            return said if "invalid" in said else None

        assert "address_unknown" in eventually(seen, "the bounce to be seen", process.story)
        status, said = run(again)
        assert (status, "Not sent" in said) == (1, True)
    finally:
        assert process.end() == 0


def run(command: str) -> tuple[int, str]:
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_hostile_text_stays_one_escaped_line() -> None:
    from retour.logs import _one_ascii_line

    written = _one_ascii_line({"event": '\x1b]0;owned\x07\n{"event": "fake"}\u2028\u202e\x9b'})
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written)["event"].startswith("\x1b]0;owned")


OWN = """[[rule]]
id = "shop.flown"
reason = "address_unknown"
source = "their manual"
phrases = ["has flown the nest"]
samples = ["has flown the nest"]
unparsed = true
"""
FLOWN = "From: robot@nest.example\r\nTo: {to}\r\nSubject: hm\r\n\r\nIt has flown the nest.\r\n"


def test_own_rules_are_read_at_the_start_and_again_at_sighup(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN.replace("flown the", "left its"), "utf-8")
    retour = Process(tmp_path, settings=f'[rules]\nfiles = ["{file}"]\n')
    retour.command("account", "add", "shop", "--return-domain", "return.test")
    key, staff = (
        retour.command("key", "add", "--account", "shop"),
        retour.command("key", "add", "--role", "support"),
    )

    def sent() -> Any:
        registered = retour.ask("POST", "/v1/sends", key, json={"recipient": DEAD, "kind": "mailing"})
        to = registered.get("return_address")
        try:
            with smtplib.LMTP("127.0.0.1", retour.ports["lmtp"], timeout=120) as session:
                session.sendmail("", [to], FLOWN.format(to=to))
        except (smtplib.SMTPRecipientsRefused, AttributeError):
            return False  # key and account are a second old at most
        return True

    def groups() -> Any:
        return retour.ask("GET", "/v1/unparsed/shapes", staff)["groups"]

    eventually(sent, "the mail to be taken", retour.story)
    (group,) = eventually(groups, "the mail to be unparsed", retour.story)
    assert group["shape"] == "it has flown the nest"

    file.write_text("[[rule]]", "utf-8")
    retour.process.send_signal(signal.SIGHUP)
    eventually(lambda: "those read before stay in force" in retour.story(), "the fault", retour.story)
    file.write_text(OWN, "utf-8")
    retour.process.send_signal(signal.SIGHUP)
    eventually(lambda: "own rules are read again" in retour.story(), "the new rules", retour.story)
    assert retour.ask("POST", "/v1/unparsed/retry", staff) == {"retried": 1}
    eventually(lambda: stopped(retour, key), "the address to be stopped", retour.story)
    assert groups() == []
    assert retour.end() == 0


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "source is missing"), ("de", "source fehlt")], ids=["English", "German"]
)
def test_it_does_not_start_with_own_rules_at_fault(tmp_path: Path, lang: str, told: str) -> None:
    (tmp_path / "own.toml").write_text('[[rule]]\nid = "x"\n', "utf-8")
    (tmp_path / "retour.toml").write_text('[rules]\nfiles = ["own.toml", "none.toml"]\n', "utf-8")
    command = [RETOUR, "serve", "--lang", lang]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert (run.returncode, run.stdout) == (1, "")
    assert "none.toml" in run.stderr
    (tmp_path / "retour.toml").write_text('[rules]\nfiles = ["own.toml"]\n', "utf-8")
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment())
    assert run.returncode == 1
    assert f"own.toml: {'rule' if lang == 'en' else 'Regel'} x: {told}" in run.stderr
    assert not (tmp_path / "data").exists()
