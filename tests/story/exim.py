"""A real Exim of our own: unpacked by scripts/engines, its configuration, spool and log in one directory.

Debian's Exim wants a user Debian-exim. Nobody adds one to this machine for a test: Exim runs in a mount
namespace of its own, in which /etc/passwd and /etc/group have it.
"""

import os
import re
import shutil
import smtplib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from story.server import Server
from story.waiting import eventually, free_port, listening

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / ".engines/exim"
PAGE = ROOT / "docs/exim.md"
_USER, _NUMBER = "Debian-exim", 64_999

_CONFIG = """\
exim_path = {directory}/exim4
primary_hostname = exim.test
domainlist local_domains = exim.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
spool_directory = {directory}/spool
log_file_path = {directory}/log/%slog
pid_file_path = {directory}/exim.pid
acl_smtp_rcpt = acl_check_rcpt
keep_environment = LD_LIBRARY_PATH
tls_advertise_hosts =
trusted_users = root
deliver_drop_privilege = true
never_users =
queue_only = false
begin acl
acl_check_rcpt:
{acl}
  accept
begin routers
{routers}
rest:
  driver = redirect
  data = :blackhole:
begin transports
{transports}
begin retry
* * F,1h,5m
"""


def block(title: str, server: Server) -> str:
    """A block of docs/exim.md by its first line, with the names and ports of this run."""
    found = re.search(rf"```\n# {re.escape(title)}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, f"{PAGE} has no block {title!r}"
    text = found[1].replace("return.example", server.domain)
    text = text.replace("127.0.0.1:10040", f"127.0.0.1:{server.ports['policy']}")
    return text.replace("port = 2424", f"port = {server.ports['lmtp']}")


class Exim:
    """One Exim with parts of the page in its configuration. Everybody else's mail is thrown away."""

    def __init__(
        self, directory: Path, name: str, *, acl: str = "", routers: str = "", transports: str = ""
    ) -> None:
        self.directory = directory / name
        self.port = free_port()
        for part in ("spool", "log"):
            (self.directory / part).mkdir(parents=True)
            os.chown(self.directory / part, _NUMBER, _NUMBER)
        program = shutil.copy(UNPACKED / "usr/sbin/exim4", self.directory / "exim4")
        Path(program).chmod(0o755)  # of a set-uid program the loader ignores LD_LIBRARY_PATH (ld.so(8))
        self._config = self.directory / "exim.conf"
        self._config.write_text(
            _CONFIG.format(
                directory=self.directory, port=self.port, acl=acl, routers=routers, transports=transports
            )
        )
        self._users()
        self._daemon: subprocess.Popen[bytes] | None = None

    def _users(self) -> None:
        for file, line in (("passwd", "{0}:x:{1}:{1}::/:/bin/false\n"), ("group", "{0}:x:{1}:\n")):
            known = Path("/etc", file).read_text()
            (self.directory / file).write_text(known + line.format(_USER, _NUMBER))

    def command(self, *arguments: str) -> list[str]:
        """Exim with our users and libraries."""
        mounts = "".join(
            f"mount --bind {self.directory}/{file} /etc/{file}; " for file in ("passwd", "group")
        )
        program = ["sh", "-ec", f'{mounts} exec "$@"', "exim", str(self.directory / "exim4")]
        return ["unshare", "--mount", *program, "-C", str(self._config), *arguments]

    def __enter__(self) -> "Exim":
        with (self.directory / "stderr").open("wb") as told:
            self._daemon = subprocess.Popen(self.command("-bdf", "-q1h"), stderr=told, env=_environment())
        eventually(self._ready, f"Exim on port {self.port}", self.story)
        return self

    def _ready(self) -> bool:
        assert self._daemon is not None
        assert self._daemon.poll() is None, f"Exim has ended: {self.story()}"
        return listening(self.port)

    def __exit__(self, *_: object) -> None:
        assert self._daemon is not None
        self._daemon.terminate()
        self._daemon.wait(120)

    def story(self) -> str:
        """Its logs so far."""
        files = [self.directory / "stderr", *sorted((self.directory / "log").iterdir())]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def submit(self, sender: str, recipients: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Hand over one message by SMTP; the recipients refused, with the reply."""
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            try:
                return smtp.sendmail(sender, recipients, "Subject: hello\r\n\r\nhello\r\n")
            except smtplib.SMTPRecipientsRefused as refused:
                return refused.recipients

    def sendmail(self, sender: str, recipients: Sequence[str]) -> None:
        """Hand over one message without SMTP, as cron does; tried at once."""
        run = subprocess.run(
            self.command("-odi", "-f", sender, *recipients),
            input="Subject: hello\n\nhello\n",
            capture_output=True,
            text=True,
            env=_environment(),
        )
        assert run.returncode == 0, run.stderr + self.story()


def _environment() -> dict[str, str]:
    libraries = sorted({str(library.parent) for library in UNPACKED.glob("usr/lib/*/*.so*")})
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": ":".join(libraries)}
