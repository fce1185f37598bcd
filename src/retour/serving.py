"""A process of `retour serve` from its first line to its exit status."""

import asyncio
import signal
import sys
from pathlib import Path

from retour import dataplane, logs, settings, wiring
from retour.collector import collect_seldom
from retour.dataplane import Ports
from retour.settings import Settings, SettingsError
from retour.wiring import House, StartError

CANNOT_START = 1


def run(config: Path | None, data: Path | None, *, demo: bool, lang: str) -> int:
    """Serve until SIGTERM or SIGINT; the exit status: 0, or 1 when it could not start."""
    try:
        chosen = settings.load(config)
        # What a demo leaves behind must not stand among the data of an installation.
        directory = data or (chosen.data_dir / "demo" if demo else chosen.data_dir)
        chosen = chosen.model_copy(update={"data_dir": directory})
        return _run(chosen, demo, lang)
    except StartError as error:
        return _cannot_start(error.told(lang))
    except SettingsError as error:
        return _cannot_start(str(error))


def _cannot_start(reason: str) -> int:
    print(f"retour: {reason}", file=sys.stderr)  # noqa: T201 - to a person
    return CANNOT_START


def _run(chosen: Settings, with_demo: bool, lang: str) -> int:
    logs.set_up(chosen.log_level)
    house = wiring.build(chosen)
    try:
        house.load()
        collect_seldom()
        asyncio.run(_until_signalled(house, lang if with_demo else None))
    finally:
        house.close()
    return 0


async def _until_signalled(house: House, demo_in: str | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _reload_on_hangup(house, loop)
    async with dataplane.running(house) as ports:
        if demo_in is not None:
            await _demonstrate(house, ports, stop, demo_in)
        await stop.wait()


def _reload_on_hangup(house: House, loop: asyncio.AbstractEventLoop) -> None:
    """SIGHUP reads the rules again, as daemons do; from a terminal that is closed it ends us, as ever."""
    from_a_terminal = sys.stdin is not None and sys.stdin.isatty()
    if not from_a_terminal and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup(1)
        loop.add_signal_handler(signal.SIGHUP, loop.run_in_executor, None, house.rules.reload)


async def _demonstrate(house: House, ports: Ports, stop: asyncio.Event, lang: str) -> None:
    """Run the mailbox simulator beside, and say what to try."""
    from retour import demo

    async with demo.running(house, ports) as trial:
        print(demo.invitation(trial, ports, lang), flush=True)  # noqa: T201 - to a person
        await stop.wait()
