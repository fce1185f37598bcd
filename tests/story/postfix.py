"""A real Postfix of our own: own configuration, queue, data and log in one directory, loopback, a high port.

The recipe keeps clear of the system's Postfix and of DNS; everything that a story varies comes in as
main.cf parameters, so that a test shows the very lines which docs/postfix.md tells people to write.
"""

import os
import shutil
import smtplib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from story.waiting import eventually, free_port, listening

# service type private unpriv chroot wakeup maxproc command; no chroot: nobody filled one in the directory
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
local     unix - n n - - local
virtual   unix - n n - - virtual
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
"""

_MAIN = {
    "compatibility_level": "3.6",
    "inet_interfaces": "loopback-only",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "mydestination": "",
    "alias_maps": "",
    "alias_database": "",
    "local_recipient_maps": "",
    # no name is ever looked up outside
    "smtp_dns_support_level": "disabled",
    "smtp_host_lookup": "native",
    "smtpd_peername_lookup": "no",
    # seconds instead of days
    "queue_run_delay": "2s",
    "minimal_backoff_time": "2s",
    "maximal_backoff_time": "4s",
    "maximal_queue_lifetime": "40s",
    "bounce_queue_lifetime": "40s",
    "notify_classes": "",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
}


class Postfix:
    """One Postfix instance; `config` is laid over the recipe's main.cf."""

    def __init__(self, directory: Path, name: str, config: Mapping[str, str], port: int = 0) -> None:
        self.directory = directory / name
        self.port = port or free_port()
        self.log = self.directory / "mail.log"
        self._lay_out(name, config)

    def _lay_out(self, name: str, config: Mapping[str, str]) -> None:
        for part in ("etc", "queue", "data"):
            (self.directory / part).mkdir(parents=True)
        shutil.chown(self.directory / "data", "postfix")
        own = {
            "myhostname": f"{name}.test",
            "queue_directory": str(self.directory / "queue"),
            "data_directory": str(self.directory / "data"),
            "maillog_file": str(self.log),
            "maillog_file_prefixes": str(self.directory),
        }
        lines = [f"{key} = {value}" for key, value in (_MAIN | own | dict(config)).items()]
        (self.directory / "etc/main.cf").write_text("\n".join(lines) + "\n")
        (self.directory / "etc/master.cf").write_text(_MASTER.format(port=self.port))

    def _postfix(self, command: str) -> None:
        # `postfix -c` wants an absolute directory; a relative one ends with status 1 and no word
        run = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.directory / "etc"), command],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        assert run.returncode == 0, f"postfix {command}: {run.stdout}{run.stderr}{self.story()}"

    def __enter__(self) -> "Postfix":
        self._postfix("start")
        try:
            eventually(lambda: listening(self.port), f"Postfix on port {self.port}", self.story)
        except AssertionError:
            self._postfix("stop")
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._postfix("stop")

    def story(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else "(no mail.log)"

    def submit(
        self,
        sender: str,
        recipients: Sequence[str],
        message: str = "Subject: hello\r\n\r\nhello\r\n",
        envid: str | None = None,
    ) -> dict[str, tuple[int, bytes]]:
        """Hand over one message as a sending program does; the recipients refused at once, with the reply."""
        options = [f"ENVID={envid}"] if envid else []
        if not "".join(recipients).isascii():
            options.append("SMTPUTF8")  # RFC 6531 §3.4
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            try:
                return smtp.sendmail(sender, recipients, message, options)
            except smtplib.SMTPRecipientsRefused as refused:  # all of them
                return refused.recipients

    def reload(self) -> None:
        """Read the configuration again, and open the log anew."""
        self._postfix("reload")

    def rotate(self) -> None:
        """Rename the log, open it anew, and pack the old one (postfix(1), logrotate)."""
        self._postfix("logrotate")

    def flush(self) -> None:
        """Try everything that is queued now."""
        self._postfix("flush")
