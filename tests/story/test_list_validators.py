"""A validator of others, installed as a plug-in, is asked over HTTP; it questions rows, and drops none."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from story.server import RETOUR, Server
from story.waiting import eventually

WORDS = {"good@b-firm.de": "deliverable", "bad@b-firm.de": "undeliverable", "zoe@b-firm.de": "catch-all"}
# The worked example of docs/list-check.md.
PLUGIN = """\
import http.client, json, os

class Example:
    name = "example"

    def validate(self, addresses):
        server = http.client.HTTPConnection("127.0.0.1", int(os.environ["EXAMPLE_PORT"]), timeout=120)
        server.request("POST", "/v1/batch", json.dumps(list(addresses)))
        return json.loads(server.getresponse().read())
"""


@contextmanager
def service(asked: list[Any]) -> Iterator[int]:
    """A service that checks addresses; every question is noted."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(told)
            body = json.dumps({address: WORDS[address] for address in told if address in WORDS}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def installed(room: Path) -> Path:
    """The plug-in as an installer lays it down: a module, and the entry point that names it."""
    (room / "example_validator.py").write_text(PLUGIN)
    info = room / "example_validator-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: example-validator\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[retour.list_validators]\nexample = example_validator:Example\n")
    return room


def ran(room: Path, file: Path, port: int, name: str = "example") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "retour", "check-list", file, "--out", room / "out", "--external", name]
    environment = {"PYTHONPATH": str(room), "EXAMPLE_PORT": str(port), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def rows(out: Path, pile: str) -> list[str]:
    return (out / f"{pile}.csv").read_text("utf-8-sig").splitlines()[1:]


def test_a_plug_in_is_asked_once_about_each_address(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(
        "good@b-firm.de\nbad@b-firm.de\nzoe@b-firm.de\nnew@b-firm.de\nno address\ngood@b-firm.de\n"
    )
    asked: list[Any] = []
    with service(asked) as port:
        run = ran(installed(tmp_path), file, port)
    assert run.returncode == 0, run.stderr
    assert asked == [["good@b-firm.de", "bad@b-firm.de", "zoe@b-firm.de", "new@b-firm.de"]]
    assert [line.split(",")[4] for line in rows(tmp_path / "out", "questioned")] == ["ext_no", "ext_risky"]
    assert [line.split(",")[4] for line in rows(tmp_path / "out", "kept")] == ["", "ext_unknown"]
    assert "ext_no=no by example at " in rows(tmp_path / "out", "questioned")[0]


def test_a_service_that_is_away_drops_nobody(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("good@b-firm.de\n")
    run = ran(installed(tmp_path), file, 1)
    assert run.returncode == 0, run.stderr
    assert [line.split(",")[4] for line in rows(tmp_path / "out", "kept")] == ["ext_unknown"]
    (line,) = rows(tmp_path / "out", "kept")
    assert "ext_unknown=unknown by example (failed: ConnectionRefusedError) at " in line


def test_a_plug_in_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("good@b-firm.de\n")
    run = ran(tmp_path, file, 1, "another")
    assert run.returncode == 1
    assert "another" in run.stderr


@pytest.mark.parametrize(
    ("plugin", "told"),
    [
        ("import nothing_of_this_name\n", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        (
            "class Example:\n    def __init__(self):\n        raise RuntimeError('no key')\n",
            "RuntimeError: no key",
        ),
        ("class Example:\n    pass\n", "AttributeError: 'Example' object has no attribute 'name'"),
        ("", "AttributeError: module 'example_validator' has no attribute 'Example'"),
    ],
)
def test_a_plug_in_that_cannot_be_started_is_told_in_a_sentence(
    tmp_path: Path, plugin: str, told: str
) -> None:
    file = tmp_path / "list.txt"
    file.write_text("good@b-firm.de\n")
    (installed(tmp_path) / "example_validator.py").write_text(plugin)
    run = ran(tmp_path, file, 1)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert f"“example” is installed and cannot be started ({told}); its own documentation" in line


def test_the_server_asks_it_where_the_settings_allow_it(tmp_path: Path) -> None:
    asked: list[Any] = []
    allowed = '[list_check]\nvalidators = ["example", "gone"]\n'
    with service(asked) as port:
        where = f"PYTHONPATH={installed(tmp_path)}"
        server = Server(tmp_path, allowed)
        try:
            server.start(["/usr/bin/env", where, f"EXAMPLE_PORT={port}", *RETOUR])
            told = answered(server, "POST", "/v1/list-checks?validator=example", b"bad@b-firm.de\n")
            report = answered(server, "GET", f"/v1/list-checks/{ended(server, told['id'])['id']}")["report"]
            gone = answered(server, "POST", "/v1/list-checks?validator=gone", b"bad@b-firm.de\n")
            assert ended(server, gone["id"])["problem"]["code"] == "list_no_validator"
            possible = answered(server, "GET", "/v1/list-checks")["possible"]
        finally:
            server.stop()
    assert asked == [["bad@b-firm.de"]]
    assert {each["code"]: each["piles"]["questioned"] for each in report["reasons"]} == {"ext_no": 1}
    assert possible["validators"] == ["example", "gone"]


def answered(server: Server, method: str, path: str, content: bytes | None = None) -> Any:
    url = f"http://127.0.0.1:{server.ports['api']}{path}"
    headers = {"Authorization": f"Bearer {server.key}"}
    answer = httpx.request(method, url, content=content, headers=headers, timeout=120)
    assert answer.is_success, answer.text
    return answer.json()


def ended(server: Server, job: str) -> Any:
    def look() -> Any:
        told = answered(server, "GET", f"/v1/jobs/{job}")
        return told if told["state"] in ("done", "failed") else None

    return eventually(look, "the check", server.story)
