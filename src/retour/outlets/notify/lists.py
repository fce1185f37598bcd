"""The own lists of sending providers: what is stopped or restored here is stopped or restored there.

Sources: the API references of SES v2 (PutSuppressedDestination, DeleteSuppressedDestination), SendGrid
(DELETE /v3/suppression/…), Mailgun (/v3/{domain}/bounces, /complaints) and Postmark (suppressions of a
message stream). Each message is one call. Before it is made, the state of now is asked for: a stop that was
restored meanwhile is not sent any more, so that retries never turn the order round.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from retour.flow.notices import RESTORED, STOPPED, Notice
from retour.flow.outbox import Message
from retour.instants import Instant
from retour.model import Cause, StateName
from retour.outlets.notify.carriers import Fate, Moot
from retour.outlets.notify.post import Reply, Request
from retour.outlets.notify.sigv4 import Credentials, signed
from retour.ports import Ledger

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_OK = range(200, 300)
_AGAIN = frozenset({401, 403, 408, 425, 429})  # credentials are mended, limits pass
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class ProviderList:
    """One list of a provider, and for which account it is kept in step."""

    name: str
    provider: str
    account: str
    url: str  # of the API, without a slash at its end
    key: str = field(default="", repr=False)
    aws: Credentials | None = None
    place: str = ""  # domain at Mailgun, message stream at Postmark
    stops: bool = True
    restores: bool = True

    @property
    def target(self) -> str:
        """Its name in the queue."""
        return f"list:{self.name}"


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be done with an address in one list of the provider."""

    act: str  # "stop" or "restore"
    address: str
    complaint: bool = False
    of: str = ""  # the list, where a provider has several


Build = Callable[[ProviderList, Call, Instant], Request]


def _ses(chosen: ProviderList, call: Call, now: Instant) -> Request:
    path = f"{chosen.url}/v2/email/suppression/addresses"
    if call.act == "stop":
        reason = "COMPLAINT" if call.complaint else "BOUNCE"
        body = json.dumps({"EmailAddress": call.address, "Reason": reason}).encode()
        method, url = "PUT", path
    else:
        method, url, body = "DELETE", f"{path}/{_quoted(call.address)}", b""
    assert chosen.aws is not None, "the settings see to that"
    return Request(method, url, body, {**_JSON, **signed(method, url, body, "ses", chosen.aws, now)})


def _sendgrid(chosen: ProviderList, call: Call, now: Instant) -> Request:
    url = f"{chosen.url}/v3/suppression/{call.of}/{_quoted(call.address)}"
    return Request("DELETE", url, b"", {**_JSON, "Authorization": f"Bearer {chosen.key}"})


def _mailgun(chosen: ProviderList, call: Call, now: Instant) -> Request:
    credentials = b64encode(f"api:{chosen.key}".encode()).decode("ascii")
    headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
    url = f"{chosen.url}/v3/{_quoted(chosen.place)}/{call.of}"
    if call.act == "restore":
        return Request("DELETE", f"{url}/{_quoted(call.address)}", b"", headers)
    told = {"address": call.address}
    if call.of == "bounces":
        told |= {"code": "550", "error": "stopped by Retour"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", url, urlencode(told).encode(), {**headers, **form})


def _postmark(chosen: ProviderList, call: Call, now: Instant) -> Request:
    url = f"{chosen.url}/message-streams/{_quoted(chosen.place)}/suppressions"
    body = json.dumps({"Suppressions": [{"EmailAddress": call.address}]}).encode()
    headers = {**_JSON, "X-Postmark-Server-Token": chosen.key}
    return Request("POST", url if call.act == "stop" else f"{url}/delete", body, headers)


def _quoted(text: str) -> str:
    return quote(text, safe="")


@dataclass(frozen=True, slots=True)
class Provider:
    """How a provider is asked, and which of its lists a stop and a restore concern."""

    build: Build
    stops: Callable[[bool], Sequence[str]]  # by whether it is a complaint
    restores: Sequence[str]
    url: str


# SendGrid has no list to which a stop could be added but that of unsubscribes, and nobody unsubscribed.
PROVIDERS: Mapping[str, Provider] = {
    "ses": Provider(_ses, lambda complaint: ("",), ("",), "https://email.{region}.amazonaws.com"),
    "sendgrid": Provider(
        _sendgrid,
        lambda complaint: (),
        ("bounces", "blocks", "invalid_emails", "spam_reports"),
        "https://api.sendgrid.com",
    ),
    "mailgun": Provider(
        _mailgun,
        lambda complaint: ("complaints",) if complaint else ("bounces",),
        ("bounces", "complaints"),
        "https://api.mailgun.net",
    ),
    "postmark": Provider(_postmark, lambda complaint: ("",), ("",), "https://api.postmarkapp.com"),
}


def calls(notice: Notice, lists: Iterable[ProviderList]) -> Iterator[tuple[str, str, str]]:
    """The calls that a notice asks for: target, what tells them apart, body."""
    if notice.type not in (STOPPED, RESTORED):
        return
    complaint = notice.data.get("cause") == Cause.COMPLAINT
    for chosen in lists:
        if chosen.account != notice.account:
            continue
        provider = PROVIDERS[chosen.provider]
        if notice.type == STOPPED:
            act, wanted = "stop", provider.stops(complaint) if chosen.stops else ()
        else:
            act, wanted = "restore", provider.restores if chosen.restores else ()
        for of in wanted:
            told = {"act": act, "address": notice.data["address"], "complaint": complaint, "of": of}
            yield chosen.target, f"{act} {of}", json.dumps(told)


@dataclass(frozen=True, slots=True)
class ProviderLists:
    """Carries to targets "list:NAME"."""

    lists: Mapping[str, ProviderList]
    ledger: Ledger

    def request(self, message: Message, now: Instant) -> Request | Moot:
        """The call; none where the address stands otherwise by now."""
        chosen = self.lists.get(message.target.partition(":")[2])
        if chosen is None or chosen.account != message.account:
            return Moot("the settings no longer name this list", Fate.REFUSED)
        call = Call(**json.loads(message.body))
        stopped = self.ledger.state(chosen.account, call.address, now).state is StateName.INVALID
        if stopped is not (call.act == "stop"):
            return Moot("not sent: the address stands otherwise by now", Fate.DELIVERED)
        return PROVIDERS[chosen.provider].build(chosen, call, now)

    def judge(self, message: Message, reply: Reply, now: Instant) -> Fate:
        """What is not on the list is off it; what the provider will never do is not asked for again."""
        status = reply.status
        if status in _OK:
            return Fate.REFUSED if _failed(reply) else Fate.DELIVERED
        if status == _NOT_FOUND and json.loads(message.body)["act"] == "restore":
            return Fate.DELIVERED
        if status is None or status in _AGAIN or not 400 <= status < 500:
            return Fate.RETRY
        return Fate.REFUSED


def _failed(reply: Reply) -> bool:
    """Postmark says 200 and names in it what it did not do, as for who complained."""
    try:
        told: Any = json.loads(reply.body)
    except ValueError:
        return False
    rows = told.get("Suppressions") if isinstance(told, dict) else None
    return isinstance(rows, list) and any(
        isinstance(row, dict) and row.get("Status") == "Failed" for row in rows
    )
