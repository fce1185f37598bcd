"""Mail servers that cannot be installed beside Postfix, unpacked by scripts/engines.

Each runs in a root directory of its own: an overlay over this machine's with the server's files, its users
and its configuration on top, in a mount and process namespace. Nothing of it outlives the process. What it
tells syslog is written into one file here, as syslogd would.
"""

import smtplib
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from lab.syslog import written
from story.waiting import eventually, free_port, listening

ROOT = Path(__file__).parents[2]

_GROUND = """\
hostname mta.test
mount -t tmpfs tmpfs "$ground"
cd "$ground"; mkdir upper work whole
cp -a --no-preserve=ownership "$unpacked/usr" upper/
if [ -d "$unpacked/lib" ]; then cp -a --no-preserve=ownership "$unpacked/lib/." upper/usr/lib/; fi
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work whole
cd whole
mount -t tmpfs tmpfs dev
for device in null zero random urandom; do
  mknod -m 666 "dev/$device" c $(stat -c '0x%t 0x%T' "/dev/$device")
done
touch dev/log; mount --bind "$directory/syslog" dev/log
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
echo "127.0.0.1 localhost mta.test" > etc/hosts
"""


class Syslog:
    """Writes what programs tell syslog; a file that was renamed is written anew."""

    def __init__(self, place: Path, log: Path) -> None:
        self._log = log
        self._box = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._box.bind(str(place))
        place.chmod(0o666)
        log.touch()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        self._place = place

    def _write(self) -> None:
        while message := self._box.recv(65536):
            with self._log.open("ab", buffering=0) as log:
                log.write(written(message))

    def end(self) -> None:
        """An empty message ends it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self._place))
        self._thread.join()
        self._box.close()


class Aside:
    """One server, which hands all mail on to a port of this machine."""

    def __init__(self, directory: Path, name: str, setup: str, command: Sequence[str]) -> None:
        self.directory, self.port, self._name = directory / name, free_port(), name
        self.log = self.directory / "mail.log"
        self._setup, self._command = setup, command
        (self.directory / "ground").mkdir(parents=True)

    def __enter__(self) -> "Aside":
        self._syslog = Syslog(self.directory / "syslog", self.log)
        variables = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "directory": str(self.directory),
            "ground": str(self.directory / "ground"),
            "unpacked": str(ROOT / ".engines" / self._name),
            "port": str(self.port),
        }
        script = f'{_GROUND}{self._setup}\nexec chroot . "$@"'
        spaces = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"]
        with (self.directory / "stderr").open("wb") as told:
            self._daemon = subprocess.Popen(
                [*spaces, "sh", "-ec", script, self._name, *self._command],
                stdout=told,
                stderr=told,
                env=variables,
            )
        eventually(self._ready, f"{self._name} on port {self.port}", self.story)
        return self

    def _ready(self) -> bool:
        assert self._daemon.poll() is None, f"{self._name} has ended: {self.story()}"
        return listening(self.port)

    def __exit__(self, *_: object) -> None:
        self._daemon.kill()  # and with it all that it started: unshare hears nothing else while it waits
        self._daemon.wait(120)
        self._syslog.end()

    def story(self) -> str:
        """What it told so far."""
        files = [self.directory / "stderr", *sorted(self.directory.glob("mail.log*"))]
        return "\n".join(file.read_text(errors="replace") for file in files)

    def submit(self, sender: str, recipient: str) -> None:
        """Hand over one message."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.test") as smtp:
            smtp.sendmail(sender, [recipient], "Subject: hello\r\n\r\nhello\r\n")
