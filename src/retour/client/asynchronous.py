"""The same calls for programs with an event loop: each runs in a thread of the client's own few."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from retour.client.calls import Client, Draft, Registered
from retour.model import Decision, MailKind

P = ParamSpec("P")
T = TypeVar("T")


class AsyncClient:
    """`Client` with `await`. `at_once` calls are made side by side, each over a connection that is kept."""

    def __init__(self, client: Client, at_once: int = 8) -> None:
        self._client = client
        self._threads = ThreadPoolExecutor(at_once, "retour-client")

    async def decision(
        self, address: str, kind: MailKind | str = MailKind.MAILING, account: str | None = None
    ) -> Decision:
        """As `Client.decision`."""
        return await self._run(self._client.decision, address, kind, account)

    async def decisions(
        self,
        addresses: Sequence[str],
        kind: MailKind | str = MailKind.MAILING,
        account: str | None = None,
    ) -> list[Decision]:
        """As `Client.decisions`."""
        return await self._run(self._client.decisions, addresses, kind, account)

    async def register(self, draft: Draft, account: str | None = None) -> Registered:
        """As `Client.register`."""
        return await self._run(self._client.register, draft, account)

    async def register_all(self, drafts: Sequence[Draft], account: str | None = None) -> list[Registered]:
        """As `Client.register_all`."""
        return await self._run(self._client.register_all, drafts, account)

    async def address(self, address: str, account: str | None = None) -> Mapping[str, Any] | None:
        """As `Client.address`."""
        return await self._run(self._client.address, address, account)

    async def bounces(
        self, account: str | None = None, **filters: object
    ) -> AsyncIterator[Mapping[str, Any]]:
        """As `Client.bounces`."""
        async for row in self._rows(self._client.bounces(account, **filters)):
            yield row

    async def suppressions(
        self, account: str | None = None, **filters: object
    ) -> AsyncIterator[Mapping[str, Any]]:
        """As `Client.suppressions`."""
        async for row in self._rows(self._client.suppressions(account, **filters)):
            yield row

    async def export_suppressions(self, format: str = "csv", account: str | None = None) -> bytes:
        """As `Client.export_suppressions`."""
        return await self._run(self._client.export_suppressions, format, account)

    async def import_suppressions(
        self, file: bytes, format: str = "csv", account: str | None = None, dry_run: bool = False
    ) -> Mapping[str, Any]:
        """As `Client.import_suppressions`."""
        return await self._run(self._client.import_suppressions, file, format, account, dry_run)

    async def restore(
        self, addresses: Sequence[str], reason: str, account: str | None = None
    ) -> Mapping[str, Any]:
        """As `Client.restore`."""
        return await self._run(self._client.restore, addresses, reason, account)

    async def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        *,
        account: str | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """As `Client.call`."""
        return await self._run(
            self._client.call, method, path, query, body, account=account, idempotency_key=idempotency_key
        )

    async def close(self) -> None:
        """End the threads and close their connections."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def _rows(self, rows: Iterator[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
        while (row := await self._run(next, rows, None)) is not None:
            yield row

    async def _run(self, call: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: call(*given, **named))
