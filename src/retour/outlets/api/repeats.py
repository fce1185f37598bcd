"""Idempotency keys: a write that is repeated with the same `Idempotency-Key` is done once.

(draft-ietf-httpapi-idempotency-key-header-07.) The first request is worked on, its answer kept with a hash of
the request, and given again for two days. A refusal is not kept: it has changed nothing, and the same
request may be right a moment later. While the first is at work, another is told to wait (409).
"""

from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retour.flow.desk import Answer, Answers, Repeat
from retour.outlets.api import problems
from retour.outlets.api.access import key_of
from retour.outlets.api.problems import Problem
from retour.outlets.api.services import services

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST = 255  # octets of a key
READS = frozenset({"/v1/check", "/v1/corrections/suggest"})  # a POST that writes nothing
_IN_MEMORY = 1024 * 1024  # octets of a body; more waits on disk
_PIECE = 64 * 1024
_MOST_KEPT = 16 * 1024 * 1024  # octets of an answer; no write of ours answers with more
_AGAIN = b"idempotency-replayed"
_DONE = 299


class Repeats:
    """Stands before the routes; what has no Idempotency-Key passes by."""

    def __init__(self, app: ASGIApp, down: tuple[type[Exception], ...]) -> None:
        self._app, self._down = app, down

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        request = Request(scope, receive) if scope["type"] == "http" else None
        if request is None or not _concerns(request):
            await self._app(scope, receive, send)
            return
        try:
            await self._once(request, send)
        except Problem as problem:
            await problems.response(problem, request)(scope, receive, send)
        except self._down as error:
            refusal = Problem("store_down", fault=str(error))
            await problems.response(refusal, request)(scope, receive, send)

    async def _once(self, request: Request, send: Send) -> None:
        key, caller = _key(request), await key_of(request)
        known = services(request)
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            digest = await _spooled(request, body)
            begun = await run_in_threadpool(
                known.desk.answers.begin, caller.id, key, digest, known.clock.now()
            )
            match begun:
                case Repeat.RUNNING:
                    raise Problem("repeat_running", "Idempotency-Key")
                case Repeat.OTHER:
                    raise Problem("repeat_differs", "Idempotency-Key")
                case Answer(body=None):
                    raise Problem("repeat_secret", "Idempotency-Key")
                case Answer():
                    await _give_again(begun, request, send)
                case _:
                    await self._work(request, body, _Desk(known.desk.answers, caller.id, key), send)

    async def _work(self, request: Request, body: IO[bytes], desk: "_Desk", send: Send) -> None:
        heard = _Heard()
        try:
            await self._app(request.scope, _from(body, request.receive), heard.take)
        except BaseException:
            await run_in_threadpool(desk.forget)
            raise
        await run_in_threadpool(desk.settle, heard)
        for message in heard.messages:
            await send(message)


class _Heard:
    """An answer as the route gives it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    def answer(self) -> Answer | None:
        """What is to be kept of it; None for a refusal, and for what is too much."""
        start, *rest = self.messages
        body = b"".join(message.get("body", b"") for message in rest)
        if start["status"] > _DONE or len(body) > _MOST_KEPT:
            return None
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
        return Answer(start["status"], headers, None if ("cache-control", "no-store") in headers else body)


class _Desk:
    """The place of one key on the desk."""

    def __init__(self, answers: Answers, scope: str, key: str) -> None:
        self._answers, self._scope, self._key = answers, scope, key

    def forget(self) -> None:
        self._answers.forget(self._scope, self._key)

    def settle(self, heard: _Heard) -> None:
        answer = heard.answer()
        if answer is None:
            self.forget()
        else:
            self._answers.keep(self._scope, self._key, answer)


def _concerns(request: Request) -> bool:
    path = request.url.path
    wanted = request.method in WRITING and path.startswith("/v1/") and path not in READS
    return wanted and "idempotency-key" in request.headers


def _key(request: Request) -> str:
    """The header is a quoted text (RFC 9651 §3.3.3); many send it bare. Raises Problem."""
    key = request.headers["idempotency-key"].strip().strip('"')
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        fault = f"Idempotency-Key: is 1 to {LONGEST} printable ASCII characters"
        raise Problem("invalid", "Idempotency-Key", fault=fault)
    return key


async def _spooled(request: Request, body: IO[bytes]) -> bytes:
    """The body set aside, and the digest of the whole request."""
    digest = sha256()
    for part in (request.method, request.url.path, request.url.query, request.headers.get("if-match", "")):
        digest.update(len(part).to_bytes(4) + part.encode())
    async for piece in request.stream():
        digest.update(piece)
        body.write(piece)
    body.seek(0)
    return digest.digest()


def _from(body: IO[bytes], after: Receive) -> Receive:
    """The body once more, in pieces; then whatever the client still says."""
    ended = False

    async def receive() -> Message:
        nonlocal ended
        if ended:
            return await after()
        piece = body.read(_PIECE)
        ended = len(piece) < _PIECE
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return receive


async def _give_again(answer: Answer, request: Request, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    start = {"type": "http.response.start", "status": answer.status, "headers": [*headers, (_AGAIN, b"true")]}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})
