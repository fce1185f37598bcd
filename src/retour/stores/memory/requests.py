"""Restore requests, in memory."""

import threading
from dataclasses import replace

from retour.address import domain_of
from retour.ports.requests import (
    EndedRequestError,
    Ending,
    OpenRequestError,
    RequestQuery,
    RestoreRequest,
)
from retour.stores.memory.accounts import MemoryAccounts


class MemoryRequests:
    """Requests by id, in the order in which they came."""

    def __init__(self, accounts: MemoryAccounts) -> None:
        self._lock = threading.RLock()
        self._accounts = accounts
        self._requests: dict[str, RestoreRequest] = {}
        self._unsettled: dict[str, None] = {}

    def ask(self, request: RestoreRequest) -> RestoreRequest:
        self._accounts.policies(request.account)  # KeyError for an unknown account
        with self._lock:
            if request.id in self._requests:
                return self._requests[request.id]
            for other in self._requests.values():
                target = _shared(request, other) if other.ending is None else None
                if target is not None:
                    raise OpenRequestError(other.id, target)
            kept = replace(request, number=len(self._requests) + 1)
            self._requests[kept.id] = kept
            self._unsettled[kept.id] = None
            return kept

    def end(self, id: str, ending: Ending) -> RestoreRequest:
        with self._lock:
            request = self._requests[id]
            if request.ending is not None:
                raise EndedRequestError(request)
            ended = self._requests[id] = replace(request, ending=ending)
            self._unsettled[id] = None
            return ended

    def one(self, id: str) -> RestoreRequest | None:
        return self._requests.get(id)

    def sought(self, query: RequestQuery) -> list[RestoreRequest]:
        with self._lock:
            found = sorted(self._requests.values(), key=lambda each: each.number, reverse=query.latest_first)
        return [each for each in found if _fits(each, query)][: query.limit]

    def unsettled(self, limit: int) -> list[RestoreRequest]:
        with self._lock:
            found = [self._requests[id] for id in self._unsettled]
        return sorted(found, key=lambda each: each.number)[:limit]

    def settled(self, request: RestoreRequest) -> None:
        with self._lock:
            if self._requests[request.id].status is request.status:
                self._unsettled.pop(request.id, None)


def _names(request: RestoreRequest) -> set[str]:
    apart = request.ending.apart if request.ending is not None else {}
    return {*request.addresses, *apart}


def _shared(request: RestoreRequest, other: RestoreRequest) -> str | None:
    """What both ask for; None: nothing."""
    if request.account != other.account:
        return None
    for one, another in ((request, other), (other, request)):
        for address in one.addresses:
            if address in another.addresses or domain_of(address) == another.domain:
                return address
    return request.domain if request.domain is not None and request.domain == other.domain else None


def _fits(request: RestoreRequest, query: RequestQuery) -> bool:
    sign = -1 if query.latest_first else 1
    address = query.address
    return (
        query.account in (None, request.account)
        and query.status in (None, request.status)
        and query.kind in (None, request.kind)
        and (address is None or address in _names(request) or request.domain == domain_of(address))
        and (query.since is None or request.at >= query.since)
        and (query.until is None or request.at < query.until)
        and (query.after is None or sign * request.number > sign * query.after)
    )
