"""Retour to whom every name of the webhooks' HTTPS leads to one port here: there Amazon is played.

usage: python -m story.led AUTHORITY.pem PORT serve --config FILE

It verifies certificates as always, under that authority. Everything else is the program as it is.
"""

import ssl
import sys
from importlib import import_module
from pathlib import Path

from retour.inlets.webhooks.fetch import Https


def lead(authority: str, port: int) -> None:
    """Whom to trust, and where a name leads."""
    trusting = ssl.create_default_context(cadata=authority)
    wired = import_module("retour.wiring.webhooks")
    wired.Https = lambda: Https(lambda: trusting, lambda host: ("127.0.0.1", port))


if __name__ == "__main__":
    lead(Path(sys.argv.pop(1)).read_text(), int(sys.argv.pop(1)))
    from retour.cli import main

    main()
