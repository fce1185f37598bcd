"""The process of the console: started beside the API, started again when it dies, ended with it."""

import asyncio
import sys
from contextlib import AsyncExitStack, suppress

import structlog

from retour import wiring
from retour.dataplane.opening import Ports
from retour.wiring import House, StartError

log = structlog.get_logger("retour")
_PAUSE = 5.0  # seconds before a console that died is started again
_GRACE = 10.0  # seconds that it has to end


class Console:
    """One process of the console after the other."""

    def __init__(self, chosen: bytes, ports: Ports) -> None:
        self._chosen, self._ports = chosen, ports
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Until it listens. Raises StartError."""
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "retour.console",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(self._chosen)
        await process.stdin.drain()
        assert process.stdout is not None
        async for line in process.stdout:
            what, _, told = line.decode().strip().partition(" ")
            if what == "link":
                self._ports.first_link = told
                log.warning("nobody has a password for the console: choose one by this link", link=told)
            if what == "ready":
                self._ports.console = int(told)
                return
        raise StartError("console", status=await process.wait())

    async def keep(self) -> None:
        """Start it again when it dies."""
        while True:
            assert self._process is not None
            log.error("the console has ended; it is started again", status=await self._process.wait())
            await asyncio.sleep(_PAUSE)
            with suppress(StartError):
                await self.start()

    async def end(self) -> None:
        """It ends when its standard input does."""
        if self._process is not None and self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _GRACE)


async def start(house: House, ports: Ports, stack: AsyncExitStack) -> None:
    """Start it, if the settings ask for it. Raises StartError."""
    if not house.settings.console.enabled:
        return
    console = Console(wiring.console(house, ports.api, house.console_secret).packed(), ports)
    stack.push_async_callback(console.end)
    await console.start()
    keeping = asyncio.create_task(console.keep())
    stack.callback(keeping.cancel)
