"""What is to be told outlives `kill -9`: a webhook that was not heard before is heard afterwards, once."""

import json
from pathlib import Path

from outlets.receiver import receiving, status
from story import patient
from story.server import Server
from story.waiting import eventually


def test_a_stop_is_told_though_the_server_was_killed_meanwhile(tmp_path: Path) -> None:
    settings = '\n[notify]\nallow_networks = ["127.0.0.0/8"]\n'
    server = Server(tmp_path, settings)
    with receiving() as receiver, server.running():
        receiver.answer = status(503)
        server.ask("POST", "/v1/webhooks", {"url": receiver.url()})
        answer = patient.post(
            f"http://127.0.0.1:{server.ports['api']}/v1/suppressions/import?format=csv",
            content=b"ann@b.example\n",
            headers={"Authorization": f"Bearer {server.key}"},
        )
        assert answer.status_code == 201, answer.text
        eventually(lambda: len(receiver.heard) > 0, "the first attempt", server.story)
        assert server.process is not None
        server.process.kill()
        server.process.wait(120)
        receiver.answer = status(204)
        server.start()
        eventually(lambda: len(receiver.heard) > 1, "the attempt after the start", server.story)
        ids = {heard.headers["webhook-id"] for heard in receiver.heard}
        assert len(ids) == 1
        told = [json.loads(heard.body)["data"]["address"] for heard in receiver.heard]
        assert set(told) == {"ann@b.example"}
        (hook,) = server.ask("GET", "/v1/webhooks")["webhooks"]

        def delivered() -> bool:
            found = server.ask("GET", f"/v1/webhooks/{hook['id']}/messages")["messages"]
            return [message["state"] for message in found] == ["delivered"]

        eventually(delivered, "the note that it was heard", server.story)
