"""The command line. One module a command; each imports what it needs only when it is called."""

import typer

app = typer.Typer(
    name="retour",
    help="Bounce management: read, explain, decide, and stop mail to dead addresses.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point of the `retour` command."""
    app()


from retour.cli import account as _account  # noqa: E402,F401
from retour.cli import classify as _classify  # noqa: E402,F401
from retour.cli import explain as _explain  # noqa: E402,F401
from retour.cli import ingest as _ingest  # noqa: E402,F401
from retour.cli import key as _key  # noqa: E402,F401
from retour.cli import rules as _rules  # noqa: E402,F401
from retour.cli import send as _send  # noqa: E402,F401
from retour.cli import serve as _serve  # noqa: E402,F401
from retour.cli import signing as _signing  # noqa: E402,F401
from retour.cli import simulate as _simulate  # noqa: E402,F401
