"""The port of the webhooks: path, method, size, then the raw bytes verified, then durable, then 200.

Nothing is parsed before it is acknowledged; the intake does that later. A small ASGI application of its own:
a post costs little more than its hash and its place on disk, and nothing but posts can be asked here.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from retour.flow.late import Age, age_of
from retour.identity import arrival_id
from retour.inlets.asgi import Answer, Receive, Scope, Send, say
from retour.inlets.webhooks import subscriptions
from retour.inlets.webhooks.azure import EventGrid
from retour.inlets.webhooks.oauth import ClientCredentials
from retour.inlets.webhooks.packed import packing, unpacked_aside, verified
from retour.inlets.webhooks.post import Post
from retour.inlets.webhooks.providers import PROVIDERS
from retour.inlets.webhooks.scheme import (
    Answered,
    Genuine,
    Key,
    Later,
    Refused,
    Scheme,
    Subscription,
    Why,
    any_equals,
)
from retour.inlets.webhooks.watch import Marks, Watch
from retour.instants import Instant
from retour.model import LATE, UNDATED, Arrival, Proof
from retour.parse.providers.generic import Map

LIMIT = 4 * 1024 * 1024  # octets of a post
HELD = 256 * 1024 * 1024  # octets of all posts that are not yet on disk
_DROPPED = 16  # times the limit that is read and dropped, so that the sender hears our answer

Accept = Callable[[Sequence[Arrival], Marks], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Source:
    """One URL that a provider posts to."""

    name: str
    provider: str
    account: str
    paths: Sequence[Key]
    scheme: Scheme | None  # None: closed, until what is missing is set
    proof: Proof = Proof.TRUSTED
    undated: bool = False  # it signs its posts and no time to hold them to
    mapping: Map | None = None  # of a generic one

    @property
    def inlet(self) -> str:
        """Its name in arrivals and events."""
        return f"webhooks.{self.name}"


_DEFECTS = {Age.LATE: (LATE,), Age.UNTOLD: (UNDATED,)}
KEPT, UNKNOWN = Answer(200), Answer(404)
_UNAUTHORISED = Answer(401, headers=((b"www-authenticate", b'Basic realm="retour"'),))  # RFC 9110 §15.5.2
_FOR_NOBODY_ELSE = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))  # RFC 6749 §5.1
_TOKEN = b"/token"  # behind the URL that is posted to
_TOKEN_REQUEST = 4096  # octets that are kept of one
_RETRY = ((b"retry-after", b"60"),)


def _of_token(path: bytes) -> tuple[bool, bytes]:
    """Whether a token is asked for, and for which path."""
    return (True, path.removesuffix(_TOKEN)) if path.endswith(_TOKEN) else (False, path)


class Webhooks:
    """The ASGI application over all sources. Belongs to one event loop."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        accept: Accept,
        content_of: Callable[[bytes], Awaitable[bytes | None]],
        pending: Callable[[str], Awaitable[int]],
        now: Callable[[], Instant],
        watch: Watch,
        limit: int = LIMIT,
    ) -> None:
        self._sources = {name.encode(): source for name, source in sources.items()}
        self._accept, self._content_of, self._pending = accept, content_of, pending
        self._now, self._watch, self._limit = now, watch, limit
        self._held = 0
        self._under_way: dict[bytes, bytes] = {}  # bodies of deliveries that are believed once only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        answer = await self._answer(scope, receive)
        if answer is not None:
            await say(answer, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        """What to say; None to a client that is gone."""
        asks_token, path = _of_token(scope["raw_path"])
        source = self._found(path)
        if source is None:
            self._watch.counts["unknown"] += 1
            return UNKNOWN
        if asks_token:
            return await self._token(source, scope, receive)
        if scope["method"] in ("GET", "HEAD"):  # Mandrill and Unisender look whether there is anybody
            return KEPT
        if scope["method"] == "OPTIONS" and isinstance(source.scheme, EventGrid):
            return await self._allow(source.scheme, Post(scope["headers"], b"", scope["query_string"]))
        if scope["method"] != "POST" or source.scheme is None:
            self._watch.counts["closed"] += 1
            return UNKNOWN
        post = Post(scope["headers"], b"", scope["query_string"])
        is_packed = packing(post)
        if is_packed is None:
            return await self._too_much(source, "content-encoding", 415)
        return await self._read(source, source.scheme, post, is_packed, receive)

    async def _allow(self, scheme: EventGrid, post: Post) -> Answer:
        """Who asks with the secret whether it may post is told so, at any rate."""
        origin = await scheme.allowed(post, self._now())
        if origin is None:
            self._watch.counts["closed"] += 1
            return UNKNOWN
        self._watch.counts["answered"] += 1
        return Answer(200, headers=((b"webhook-allowed-origin", origin), (b"webhook-allowed-rate", b"*")))

    async def _token(self, source: Source, scope: Scope, receive: Receive) -> Answer | None:
        """A token for who posts later; 404 where the source knows none."""
        if not isinstance(source.scheme, ClientCredentials) or scope["method"] != "POST":
            self._watch.counts["closed"] += 1
            return UNKNOWN
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body = (body + message.get("body", b""))[:_TOKEN_REQUEST]
            if not message.get("more_body"):
                break
        given = source.scheme.token(Post(scope["headers"], body, scope["query_string"]), self._now())
        if given is None:
            return await self._refuse(source, Why.WRONG)
        self._watch.counts["answered"] += 1
        return Answer(200, given, _FOR_NOBODY_ELSE)

    def _found(self, path: bytes) -> Source | None:
        """`/hooks/NAME/SECRET`; a wrong secret is no other answer than a wrong name."""
        parts = path.split(b"/")
        if len(parts) != 4 or parts[0] or parts[1] != b"hooks":
            return None
        source = self._sources.get(parts[2])
        return source if source is not None and any_equals(source.paths, parts[3]) else None

    async def _read(
        self, source: Source, scheme: Scheme, post: Post, is_packed: bool, receive: Receive
    ) -> Answer | None:
        pieces: list[bytes] = []
        taken, held = 0, 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                piece = message.get("body", b"")
                taken += len(piece)
                if taken <= self._limit:
                    pieces.append(piece)
                    held += len(piece)
                    self._held += len(piece)
                if not message.get("more_body") or taken > _DROPPED * self._limit:
                    break
            if taken > self._limit:
                return await self._too_much(source, "size", 413)
            if self._held > HELD:
                return self._later(source, "too many posts at once")
            body = b"".join(pieces)
            if not is_packed:
                return await self._judge(source, scheme, Post(post.headers, body, post.query))
            self._held += self._limit  # that it may grow to
            held += self._limit
            return await self._unpack(source, scheme, post, body)
        finally:
            self._held -= held

    async def _unpack(self, source: Source, scheme: Scheme, post: Post, body: bytes) -> Answer:
        if self._held > HELD:
            return self._later(source, "too many posts at once")
        content = await unpacked_aside(body, self._limit)
        if content is None:
            return await self._too_much(source, "content-encoding", 415)
        if len(content) > self._limit:
            return await self._too_much(source, "size", 413)
        return await self._judge(source, scheme, Post(post.headers, content, post.query), body)

    async def _too_much(self, source: Source, why: str, status: int) -> Answer:
        """Brevo forgets what is refused with another 4xx than 429."""
        await self._refuse(source, why)
        down = PROVIDERS[source.provider].store_down
        return Answer(down if down == 429 else status, headers=((b"connection", b"close"),))

    async def _refuse(self, source: Source, why: Why | str) -> Answer:
        """401, whatever it is that is wrong. Where it is the first after all was well, that is kept."""
        marks = self._watch.refused(source.name, why, self._now())
        if marks:
            with suppress(Exception):  # a mark that is lost costs a repeated alarm
                await self._accept([], marks)
        return _UNAUTHORISED

    def _later(self, source: Source, fault: object) -> Answer:
        self._watch.failed(source.name, fault)
        return Answer(PROVIDERS[source.provider].store_down, headers=_RETRY)

    async def _judge(self, source: Source, scheme: Scheme, post: Post, packed: bytes | None = None) -> Answer:
        now = self._now()
        try:
            found = await verified(scheme, post, packed, now)
        except Exception as fault:  # a bug of ours: no reason for the provider to give up
            return self._later(source, fault)
        match found:
            case Refused(why):
                return await self._refuse(source, why)
            case Later(lacking):
                return self._later(source, lacking)
            case Answered(body):
                self._watch.counts["answered"] += 1
                return Answer(200, body, ((b"content-type", b"application/json"),))
            case Subscription() as asked:
                return await self._ask(source, asked, now)
            case Genuine(delivery, once):
                return await self._keep(source, post.body, delivery, once, now)

    async def _keep(
        self, source: Source, body: bytes, delivery: str | None, once: bool, now: Instant
    ) -> Answer:
        id = arrival_id(source.inlet, body if delivery is None else delivery, None)
        try:
            if once and await self._other(id, body):
                return await self._refuse(source, Why.USED)
            age = age_of(source.provider, body, now, source.mapping) if source.undated else Age.FRESH
            arrival = Arrival(
                id, source.inlet, now, body, len(body), proof=source.proof, account=source.account,
                defects=_DEFECTS.get(age, ()), form=source.provider,
            )  # fmt: skip
            await self._accept([arrival], self._watch.marks(source.name, now))
        except Exception as fault:  # a full disk, a locked file: whatever it is, it is not kept
            return self._later(source, fault)
        finally:
            if self._under_way.get(id) is body:
                del self._under_way[id]
        self._watch.stored(source.name, age is Age.LATE)
        return KEPT

    async def _other(self, id: bytes, body: bytes) -> bool:
        """Whether something else has come under this name: is coming just now, or ever came."""
        if self._under_way.setdefault(id, body) != body:
            return True
        known = await self._content_of(id)
        return known is not None and known != body

    async def _ask(self, source: Source, asked: Subscription, now: Instant) -> Answer:
        """Keep what a topic of ours asks, until an operator answers it."""
        marked = subscriptions.mark(source.name, source.account, asked, now)
        if marked is None:
            return await self._refuse(source, Why.MISSING)
        try:
            if await self._pending(f"{subscriptions.PENDING}{source.name}/") >= subscriptions.MOST:
                return self._later(source, "too many subscriptions wait to be confirmed")
            await self._accept([], dict([marked]))
        except Exception as fault:
            return self._later(source, fault)
        self._watch.pending(source.name, asked)
        return KEPT
