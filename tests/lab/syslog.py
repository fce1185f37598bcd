"""What the server logs, a line each, as syslogd writes them. `python -m lab.syslog SOCKET FILE`."""

import os
import re
import socket
import sys
from pathlib import Path

# The C library tells neither host nor facility in a way that is kept (syslog(3)).
_LOCAL = re.compile(rb"^<\d{1,3}>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )")


def written(message: bytes) -> bytes:
    """A message of the C library as the line that syslogd makes of it."""
    return _LOCAL.sub(rb"\1mta ", message.rstrip(b"\n\0")) + b"\n"


def main(place: Path, log: Path) -> None:
    """Until killed."""
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box, log.open("ab", buffering=0) as lines:
        box.bind(str(place))
        os.chmod(place, 0o666)
        while True:
            lines.write(written(box.recv(65536)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
