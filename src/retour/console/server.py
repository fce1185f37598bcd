"""The process of the console, from its first line to its end."""

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import waitress
from waitress.server import BaseWSGIServer

from retour import logs
from retour.console import framework, uploads
from retour.settings.chosen import Chosen

THREADS = 8
READY = "ready"  # what it says on standard output once it listens, with the port
LINK = "link"  # and before that, while nobody has a password, where to choose one


def run() -> int:
    """Serve until standard input ends, which it does when the process that started us is gone."""
    chosen = Chosen.unpacked(sys.stdin.buffer.readline())
    _make(Path(chosen.database))
    logs.set_up(chosen.log_level)
    framework.configure(chosen)
    _quiet()
    _migrate()
    uploads.prepare(chosen.folder / uploads.ROOM)
    BaseWSGIServer.channel_class = uploads.channel(chosen.most_upload)
    server = waitress.create_server(
        _application(),
        host=chosen.host,
        port=chosen.port,
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=True,
        **behind(chosen.proxy),
        max_request_body_size=max(chosen.most_upload, uploads.MOST) + uploads.AROUND,
    )
    _begin_telling()
    link = _first_link()
    if link is not None:
        base = chosen.url.rstrip("/") or f"http://{chosen.host}:{server.effective_port}"
        _say(LINK, f"{base}/first/{link}/")
    _say(READY, server.effective_port)
    _end_with_standard_input()
    # As for Ctrl-C: waitress gives requests in hand five seconds. A second signal ends that, too.
    with suppress(KeyboardInterrupt):
        server.run()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return 0


def behind(proxy: str) -> dict[str, object]:
    """Whose word on the address of a client is taken: logins are limited by it."""
    if not proxy:
        return {}
    return {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for"}, "trusted_proxy_count": 1}


def _make(database: Path) -> None:
    # For its owner alone, before SQLite makes it as the umask says.
    database.touch(mode=0o600, exist_ok=True)


def _application() -> object:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _quiet() -> None:
    from retour.console.faults import quiet

    quiet()


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    _seal()


def _seal() -> None:
    from retour.console.people.sealed import seal_all

    seal_all()


def _begin_telling() -> None:
    from retour.console import telling

    telling.begin()


def _first_link() -> str | None:
    """A link for the admin as long as nobody has a password: there is never one by default."""
    from retour.console.people.models import Link, Person

    if any(person.has_usable_password() for person in Person.objects.all()):
        return None
    admin = Person.objects.filter(staff_role="admin").first()
    admin = admin or Person.objects.create_user("admin@localhost", None, staff_role="admin")
    return Link.made(admin)


def _end_with_standard_input() -> None:
    main = threading.main_thread().ident
    assert main is not None

    def wait() -> None:
        # Not by way of `sys.stdin`, whose lock the interpreter wants when it ends by Ctrl-C before.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=wait, name="end", daemon=True).start()


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - to the process that started us
