"""A real Dovecot of our own: LMTP, IMAP and POP3 on high loopback ports, all that it has in one directory."""

import ipaddress
import shutil
import smtplib
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from story.waiting import eventually, free_port, listening

_CONFIG = """\
protocols = lmtp {protocols}
listen = 127.0.0.1
ssl = {ssl}
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
_PICKUP = """\
ssl_cert = <{directory}/cert.pem
ssl_key = <{directory}/key.pem
disable_plaintext_auth = yes
auth_failure_delay = 0
mail_max_userip_connections = 50
protocol imap {{
  mail_plugins = quota acl
}}
plugin {{
  acl = vfile
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""
PASSWORD = "correct horse ü"  # beyond ASCII, and so sent as a literal


class Dovecot:
    """One Dovecot with a mailbox of the given size for each user: {"ann@mailbox.test": "20K"}.

    With `pickup` it speaks IMAP and POP3 too, each with STARTTLS and with TLS from the first octet; every
    user has PASSWORD, and the certificate is for 127.0.0.1.
    """

    def __init__(self, directory: Path, users: Mapping[str, str], pickup: bool = False) -> None:
        self.directory = directory / "dovecot"
        self.port = free_port()
        (self.directory / "mail").mkdir(parents=True)
        shutil.chown(self.directory / "mail", "mail")
        word = f"{{PLAIN}}{PASSWORD}" if pickup else ""
        rows = [f"{user}:{word}::::::userdb_quota_rule=*:storage={size}\n" for user, size in users.items()]
        (self.directory / "users").write_text("".join(rows))
        self.ports = {name: free_port() for name in ("imap", "imaps", "pop3", "pop3s") if pickup}
        self.certificate = self.directory / "cert.pem"
        (self.directory / "dovecot.conf").write_text(self._config())

    def _config(self) -> str:
        plain = _CONFIG.format(
            directory=self.directory,
            port=self.port,
            protocols="imap pop3" if self.ports else "",
            ssl="yes" if self.ports else "no",
        )
        if not self.ports:
            return plain
        certify(self.certificate, self.directory / "key.pem")
        return plain + _PICKUP.format(directory=self.directory, **self.ports)

    def __enter__(self) -> "Dovecot":
        command = ["/usr/sbin/dovecot", "-F", "-c", str(self.directory / "dovecot.conf")]
        with (self.directory / "dovecot.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for port in (self.port, *self.ports.values()):
                eventually(partial(listening, port), f"Dovecot on port {port}", self.story)
        except AssertionError:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()

    def restart(self) -> None:
        """End it, and start it again on the same mail and ports."""
        self._end()
        self.__enter__()

    def deliver(self, user: str, raw: bytes, sender: str = "") -> None:
        """As a mail server does, over LMTP."""
        with smtplib.LMTP("127.0.0.1", self.port) as lmtp:
            lmtp.sendmail(sender, [user], raw)

    def allow(self, user: str, rights: str) -> None:
        """What a user may do with the own INBOX, from the next session on, in letters of RFC 4314 §2.1."""
        (self.directory / "mail" / user / "dovecot-acl").write_text(f"owner {rights}\n")

    def folders(self, user: str) -> dict[str, int]:
        """How many mails lie in each folder of a user, marked as deleted or not."""
        root = self.directory / "mail" / user
        found: Counter[str] = Counter()
        for room in ("new", "cur"):
            for mail in (*root.glob(f"{room}/*"), *root.glob(f".*/{room}/*")):
                found[mail.parent.parent.name.lstrip(".") if mail.parent.parent != root else "INBOX"] += 1
        return dict(found)

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


def certify(certificate: Path, key: Path) -> None:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dovecot.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
