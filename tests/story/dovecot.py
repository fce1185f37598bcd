"""A real Dovecot of our own: LMTP on a high loopback port, users in a file, mail and log in one directory."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from story.waiting import eventually, free_port, listening

_CONFIG = """\
protocols = lmtp
listen = 127.0.0.1
ssl = no
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
mail_location = maildir:{directory}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
postmaster_address = postmaster@mailbox.test
mail_plugins = quota
passdb {{
  driver = passwd-file
  args = {directory}/users
}}
userdb {{
  driver = passwd-file
  args = {directory}/users
}}
plugin {{
  quota = maildir:User quota
  quota_grace = 0
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """One Dovecot with a mailbox of the given size for each user: {"ann@mailbox.test": "20K"}."""

    def __init__(self, directory: Path, users: Mapping[str, str]) -> None:
        self.directory = directory / "dovecot"
        self.port = free_port()
        (self.directory / "mail").mkdir(parents=True)
        shutil.chown(self.directory / "mail", "mail")
        rows = [f"{user}:::::::userdb_quota_rule=*:storage={size}\n" for user, size in users.items()]
        (self.directory / "users").write_text("".join(rows))
        config = _CONFIG.format(directory=self.directory, port=self.port)
        (self.directory / "dovecot.conf").write_text(config)

    def __enter__(self) -> "Dovecot":
        command = ["/usr/sbin/dovecot", "-F", "-c", str(self.directory / "dovecot.conf")]
        with (self.directory / "dovecot.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            eventually(lambda: listening(self.port), f"Dovecot on port {self.port}", self.story)
        except AssertionError:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()

    def mails(self, user: str) -> list[bytes]:
        """What lies in a mailbox."""
        return [path.read_bytes() for path in (self.directory / "mail" / user).glob("new/*")]

    def receives(self, user: str, words: bytes, evidence: Callable[[], str]) -> bytes:
        """The first mail of a user that holds these words, waited for."""
        return eventually(
            lambda: next((mail for mail in self.mails(user) if words in mail), None),
            f"a mail to {user} with {words!r}",
            evidence,
        )

    def story(self) -> str:
        """Its log so far."""
        log = self.directory / "dovecot.log"
        return log.read_text(errors="replace") if log.exists() else "(no dovecot.log)"
