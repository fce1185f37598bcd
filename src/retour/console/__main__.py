"""python -m retour.console: started by `retour serve`, which says on standard input how."""

import sys

from retour.console.server import run

if __name__ == "__main__":
    sys.exit(run())
