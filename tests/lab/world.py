"""The world around the mail server in the lab: scripted servers that answer what world.toml tells them."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.names import NAMES, WORLD, Names, over_tcp


@dataclass
class Taken:
    """One mail that came home: envelope and bytes."""

    sender: str
    recipients: list[str]
    data: bytes


@dataclass
class Transaction:
    """What one client has said since MAIL FROM."""

    sender: str = ""
    recipients: list[str] = field(default_factory=list)


def is_home(address: str) -> bool:
    """Whether mail to it is kept, whichever server it reaches."""
    return address.endswith("@shop.example")


def scripted(address: str, command: str) -> str | None:
    """What the table tells to answer to this recipient at this command; None: accept."""
    if is_home(address):
        return None
    script = WORLD["answers"].get(address.partition("@")[0].partition("+")[0])
    if script is None or script["at"] != command:
        return None
    return str(script["reply"]).strip().replace("\n", "\r\n").format(to=address)


class Session:
    """One connection to a scripted server."""

    def __init__(self, name: str, host: dict[str, Any], take: Callable[[Taken], None]) -> None:
        self._name, self._host, self._take = name, host, take

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the client leaves."""
        self._reader, self._writer, self._mail = reader, writer, Transaction()
        try:
            await self._dialogue()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _dialogue(self) -> None:
        greeting = self._host.get("greets", f"220 {self._name} ESMTP")
        if not greeting:  # silent: takes the connection and never says a word
            await self._reader.read()
            return
        await self._say(greeting)
        while greeting.startswith("220") and (line := await self._reader.readline()):
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if not await self._answer(verb.upper(), rest):
                return

    async def _answer(self, verb: str, rest: str) -> bool:
        """One command; False ends the connection."""
        match verb:
            case "EHLO" if self._host["serves"]:
                lines = [self._name, *self._host["serves"]]
                await self._say("".join(f"250-{line}\r\n" for line in lines) + "250 HELP")
            case "EHLO":
                await self._say("500 5.5.1 Command unrecognized")
            case "MAIL":
                self._mail = Transaction(_path(rest))
                await self._say("250 2.1.0 Ok")
            case "RCPT":
                await self._recipient(_path(rest))
            case "DATA":
                return await self._message()
            case "QUIT":
                await self._say("221 2.0.0 Bye")
                return False
            case _:
                await self._say("250 2.0.0 Ok")
        return True

    async def _recipient(self, address: str) -> None:
        refusal = scripted(address, "RCPT")
        if refusal is None:
            self._mail.recipients.append(address)
        await self._say(refusal or "250 2.1.5 Ok")

    async def _message(self) -> bool:
        if not self._mail.recipients:
            await self._say("554 5.5.1 No valid recipients")
            return True
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        data = b""
        while (line := await self._reader.readline()) not in (b".\r\n", b""):
            data += line[1:] if line.startswith(b".") else line
        refusals = [scripted(address, "message") for address in self._mail.recipients]
        if "" in refusals:
            return False
        refusal = next(filter(None, refusals), None)
        if any(map(is_home, self._mail.recipients)):
            self._take(Taken(self._mail.sender, self._mail.recipients, data))
        await self._say(refusal or "250 2.0.0 Ok: queued as 4F1C2D3E")
        return True

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()


def _path(rest: str) -> str:
    """The address in `FROM:<a@b.example> …`."""
    return rest.partition("<")[2].partition(">")[0]


async def serve_world(take: Callable[[Taken], None]) -> None:
    """Names on port 53, every scripted server on port 25 of its address."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Names, (NAMES, 53))
    await asyncio.start_server(over_tcp, NAMES, 53)
    for name, host in WORLD["hosts"].items():
        if "serves" in host or "greets" in host:
            session = lambda r, w, n=name, h=host: Session(n, h, take).talk(r, w)  # noqa: E731
            await asyncio.start_server(session, host["address"], 25, limit=2**20)


class Home:
    """Keeps every mail that came home as `NNNN.eml`, its envelope beside it as `NNNN.envelope`."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._count = directory, 0

    def take(self, taken: Taken) -> None:
        """One mail; the bytes come last, so that who sees them sees the envelope as well."""
        self._count += 1
        place = self._directory / f"{self._count:04}.envelope"
        place.write_text("\n".join([taken.sender, *taken.recipients]) + "\n", "utf-8")
        place.with_suffix(".eml").write_bytes(taken.data.replace(b"\r\n", b"\n"))


async def serve_until_killed(directory: Path) -> None:
    """The world, for as long as the lab wants it."""
    await serve_world(Home(directory).take)
    (directory / ".serving").touch()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve_until_killed(Path(sys.argv[1])))
