"""A server that speaks the JSON protocol of Amazon SQS over HTTP, as far as a consumer needs it.

Sources: Amazon SQS API Reference (ReceiveMessage, DeleteMessageBatch) and "Making requests using the AWS JSON
protocol". Messages become invisible when they are received, and visible again when their time is over.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

ACCOUNT = "000000000000"


class QueueServer:
    """One queue. What is asked wrongly, or without a signature, is refused as Amazon does."""

    def __init__(self) -> None:
        self.messages: dict[str, str] = {}  # id → body
        self.received: list[Mapping[str, Any]] = []  # what ReceiveMessage was asked with
        self.refuse: str = ""  # a code of Amazon's, for everything
        self.deletes = True
        self._hidden: dict[str, str] = {}  # receipt → id
        self._number = count(1)
        self._news = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._serve(self)

            def log_message(self, *_: object) -> None:
                """Tests read no log of it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.endpoint}/{ACCOUNT}/bounces"

    def __enter__(self) -> "QueueServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        with self._news:
            self.refuse = "Closed"
            self._news.notify_all()
        self._server.server_close()
        self._thread.join()

    def send(self, *bodies: str) -> None:
        """Put messages into the queue."""
        with self._news:
            self.messages.update({f"m{next(self._number)}": body for body in bodies})
            self._news.notify_all()

    def show_again(self) -> None:
        """The visibility timeout of every message is over."""
        with self._news:
            self._hidden.clear()
            self._news.notify_all()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        asked = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        action = request.headers["X-Amz-Target"].removeprefix("AmazonSQS.")
        code, answer = self._answer(request, action, asked)
        body = json.dumps(answer).encode()
        request.send_response(code)
        request.send_header("Content-Type", "application/x-amz-json-1.0")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _answer(
        self, request: BaseHTTPRequestHandler, action: str, asked: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
            return _fault("InvalidClientTokenId")
        if self.refuse:
            return _fault(self.refuse)
        if asked.get("QueueUrl") != self.url:
            return _fault("QueueDoesNotExist")
        if action == "ReceiveMessage":
            return 200, self._receive(asked)
        if action == "DeleteMessageBatch":
            return 200, self._delete(asked)
        return _fault("InvalidAction")

    def _receive(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self.received.append(asked)
        with self._news:
            self._news.wait_for(lambda: self.refuse or self._visible(), asked["WaitTimeSeconds"])
            given = []
            for id in self._visible()[: asked["MaxNumberOfMessages"]]:
                receipt = f"r{next(self._number)}"
                self._hidden[receipt] = id
                given.append({"MessageId": id, "ReceiptHandle": receipt, "Body": self.messages[id]})
        return {"Messages": given} if given else {}

    def _visible(self) -> list[str]:
        return [id for id in self.messages if id not in self._hidden.values()]

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        with self._news:
            for entry in asked["Entries"]:
                id = self._hidden.get(entry["ReceiptHandle"])
                if id is None or not self.deletes:
                    fault = {"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid", "SenderFault": True}
                    failed.append(fault)
                else:
                    self.messages.pop(id, None)
                    done.append({"Id": entry["Id"]})
        return {"Successful": done, "Failed": failed}


def _fault(code: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": f"com.amazonaws.sqs#{code}", "message": f"refused: {code}"}
