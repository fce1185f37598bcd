"""What the server logs: its datagrams, a line each. `python -m lab.syslog SOCKET FILE`."""

import os
import socket
import sys
from pathlib import Path


def main(place: Path, log: Path) -> None:
    """Until killed."""
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box, log.open("ab", buffering=0) as lines:
        box.bind(str(place))
        os.chmod(place, 0o666)
        while True:
            lines.write(box.recv(65536).rstrip(b"\n\0") + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
