"""The command line. One module a command; each imports what it needs only when it is called.

Commands are declared with typer, in `commands`. Those that read streams need no more than the library when
they are called in their plain form: `plain` takes that, and all else (help, mistakes) is left to typer,
which alone takes more memory and time than a mail.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retour.cli.commands import app as app


def main() -> None:
    """Entry point of the `retour` command."""
    from retour.cli.plain import run

    status = run(sys.argv[1:])
    if status is None:
        status = _declared()
    sys.exit(status)


def _declared() -> int | None:
    """Run a command that is declared with typer, which ends the process itself unless files fail it."""
    from retour.cli.commands import app

    try:
        app()
    except OSError as error:  # a full disk, say; what a command can explain better it has explained itself
        from retour.cli.lines import not_written

        return not_written(f"retour: {error}")
    return None


def __getattr__(name: str) -> object:
    """`app` with all its commands, loaded when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module 'retour.cli' has no attribute {name!r}")
    from retour.cli.commands import app

    return app
