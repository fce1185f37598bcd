"""A process of `retour serve` from its first line to its exit status."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from retour import dataplane, logs, settings, wiring
from retour.dataplane import Ports
from retour.settings import Settings, SettingsError
from retour.wiring import House, StartError

CANNOT_START = 1


def run(config: Path | None, data: Path | None, *, demo: bool) -> int:
    """Serve until SIGTERM or SIGINT; the exit status: 0, or 1 when it could not start."""
    try:
        chosen = settings.load(config)
        if data is not None:
            chosen = chosen.model_copy(update={"data_dir": data})
        return _run(chosen, demo)
    except (SettingsError, StartError) as error:
        print(f"retour: {error}", file=sys.stderr)  # noqa: T201 - before there is a log, to a person
        return CANNOT_START


def _run(chosen: Settings, with_demo: bool) -> int:
    logs.set_up(chosen.log_level)
    house = wiring.build(chosen)
    try:
        house.load()
        asyncio.run(_until_signalled(house, with_demo))
    finally:
        house.close()
    return 0


async def _until_signalled(house: House, with_demo: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with dataplane.running(house) as ports:
        if with_demo:
            await _demonstrate(house, ports, stop)
        await stop.wait()


async def _demonstrate(house: House, ports: Ports, stop: asyncio.Event) -> None:
    """Run the mailbox simulator beside, and say what to try."""
    from retour import demo

    async with demo.running(house, ports) as trial:
        language = "de" if os.environ.get("LANG", "").startswith("de") else "en"
        print(demo.invitation(trial, ports, language), flush=True)  # noqa: T201 - to a person
        await stop.wait()
