"""A client of Retour's API that needs the standard library alone."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import IO, Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import typer

from retour.cli.terminal import safe
from retour.texts import Catalogue

FAILED = 2
_PATIENCE = 30.0  # seconds
_NOT_FOUND = 404
_SHOWN = 4096  # octets of a strange answer


class Client:
    """Calls with one key. What goes wrong ends the command with a sentence on stderr (typer.Exit)."""

    def __init__(self, url: str, key: str, language: str, words: Catalogue) -> None:
        self._url, self.language = url.rstrip("/"), language
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept-Language": language,
            "Content-Type": "application/json",
        }
        self._words = words
        if not url.startswith(("http://", "https://")):
            raise ended(words("fault.no_url", url=url))

    @staticmethod
    def quoted(address: str) -> str:
        """An address as a part of a path."""
        return quote(address, safe="@")

    def get(self, path: str, **query: str) -> Any:
        """The answer, as JSON values."""
        return self._asked(f"{path}?{urlencode(query)}")

    def post(self, path: str, body: Any) -> Any:
        """The answer to a body of JSON values."""
        return self._asked(path, json.dumps(body).encode())

    def put(self, path: str, body: Any) -> Any:
        """The answer to what stands in place of what was there."""
        with self._opened(path, json.dumps(body).encode(), method="PUT") as answer:
            return self._values(answer)

    def delete(self, path: str, **query: str) -> Any:
        """The answer to a removal."""
        with self._opened(f"{path}?{urlencode(query)}", method="DELETE") as answer:
            return self._values(answer)

    def send(self, path: str, content: BinaryIO, **query: str) -> Any:
        """The answer to a body that is sent as it is read."""
        headers = {"Content-Type": "application/octet-stream"}
        with self._opened(f"{path}?{urlencode(query)}", content, headers, "POST") as answer:
            return self._values(answer)

    def stream(self, path: str, **query: str) -> BinaryIO:
        """The answer, to be read piece by piece."""
        answer: BinaryIO = self._opened(f"{path}?{urlencode(query)}")
        return answer

    def _opened(
        self,
        path: str,
        content: BinaryIO | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> Any:
        """An answer, however long it takes: lists are long."""
        told = {**self._headers, **(headers or {})}
        request = Request(f"{self._url}{path}", content, told, method=method)  # noqa: S310 - see __init__
        try:
            return self._reached(request, None)
        except HTTPError as error:
            raise self._fault(error) from error

    def find(self, path: str) -> Any | None:
        """The answer, or None where there is nothing of this name."""
        try:
            return self._answer(path)
        except HTTPError as error:
            if error.code == _NOT_FOUND:
                return None
            raise self._fault(error) from error

    def _asked(self, path: str, body: bytes | None = None) -> Any:
        try:
            return self._answer(path, body)
        except HTTPError as error:
            raise self._fault(error) from error

    def _answer(self, path: str, body: bytes | None = None) -> Any:
        request = Request(f"{self._url}{path}", body, self._headers)  # noqa: S310 - http only, see __init__
        with self._reached(request, _PATIENCE) as answer:
            return self._values(answer)

    def _reached(self, request: Request, patience: float | None) -> Any:
        """The answer of whatever speaks HTTP there. Raises HTTPError."""
        try:
            return urlopen(request, timeout=patience)  # noqa: S310 - http only, see __init__
        except HTTPError:
            raise
        except OSError as error:  # a URLError is one
            reason = error.reason if isinstance(error, URLError) else error
            raise ended(self._words("fault.unreachable", url=self._url, error=reason)) from error
        except HTTPException as error:
            raise ended(self._words("fault.stranger", url=self._url)) from error

    def _values(self, answer: IO[bytes]) -> Any:
        """What an answer says; the page of a proxy, or of another server, says nothing."""
        try:
            return json.load(answer)
        except ValueError as error:
            raise ended(self._words("fault.stranger", url=self._url)) from error

    def _fault(self, error: HTTPError) -> typer.Exit:
        try:
            told = json.load(error)
        except ValueError:
            told = {}
        detail = told.get("detail", error.reason)  # RFC 9457 §3.1.4
        fault = ended(self._words("fault.api", url=self._url, status=error.code, detail=detail))
        if remedy := told.get("remedy"):
            typer.echo(safe(remedy), err=True)
        return fault


def ended(sentence: str) -> typer.Exit:
    """Say what went wrong; the exception that ends the command."""
    typer.echo(safe(sentence), err=True)
    return typer.Exit(FAILED)


def posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """Status and text of the answer to a post of bytes. Raises OSError where nobody answers."""
    request = Request(url, body, dict(headers))  # noqa: S310 - the caller has looked at the URL
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            return answer.status, answer.read(_SHOWN).decode("utf-8", "replace")
    except HTTPError as error:
        return error.code, error.read(_SHOWN).decode("utf-8", "replace")
