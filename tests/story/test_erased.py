"""A person is erased from a running server: no file of its data and no line of its log names them."""

from pathlib import Path

from story import patient
from story.server import Server
from story.waiting import eventually

ANN = "ann.lee@b.example"
TRACES = [b"ann.lee", b"ann%2elee", b"ann=2elee"]


def where(server: Server) -> list[str]:
    found = []
    for path in sorted(server.directory.rglob("*")):
        content = path.read_bytes().lower() if path.is_file() else b""
        found += [f"{path.name}: {trace!r}" for trace in TRACES if trace in content]
    return found


def test_no_file_and_no_log_names_whoever_was_erased(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.running():
        url = f"http://127.0.0.1:{server.ports['api']}"
        headers = {"Authorization": f"Bearer {server.key}"}
        listed = {"url": f"{url}/v1/suppressions/import?format=csv", "content": b"ann.lee@b.example\n"}
        assert patient.post(headers=headers, **listed).status_code == 201
        server.ask("POST", "/v1/sends", {"recipient": ANN, "subject": "For ann.lee@b.example"})
        server.ask("POST", "/v1/contacts", {"contacts": [{"address": ANN, "name": "Ann"}]})
        assert any("retour.sqlite3" in each for each in where(server))

        asked = {"address": ANN, "reason": "asked for by letter"}
        job = server.ask("POST", "/v1/erasures", asked)["id"]

        def done() -> bool:
            state = server.ask("GET", f"/v1/jobs/{job}")["state"]
            assert state != "failed"
            return bool(state == "done")

        eventually(done, "the erasure", server.story)
        assert where(server) == []
        assert server.ask("GET", f"/v1/check?address={ANN}")["decision"] == "stop"
    with server.running():  # the gate is loaded anew
        assert server.ask("GET", f"/v1/check?address={ANN}")["decision"] == "stop"
        assert patient.post(headers=headers, **listed).status_code == 201
        assert server.ask("GET", f"/v1/check?address={ANN}")["decision"] == "stop"
