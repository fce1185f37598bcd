"""Postfix: postconf(5), bounce(5)."""

import re
import shutil
from pathlib import Path

from lab.software import ALIASES, fill_mailbox, listens, write

ready = listens
FORM = "postfix-log"
_MAIN = """\
compatibility_level = 3.6
myhostname = mta.sender.example
mydestination = mta.sender.example, local.example, localhost
inet_interfaces = 192.0.2.10, 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8, 192.0.2.0/24
alias_maps = hash:/etc/aliases
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
queue_run_delay = 3s
minimal_backoff_time = 3s
maximal_backoff_time = 5s
maximal_queue_lifetime = 25s
bounce_queue_lifetime = 25s
delay_warning_time = 8s
smtp_connect_timeout = 4s
smtp_helo_timeout = 4s
notify_classes = 2bounce
2bounce_notice_recipient = owner@shop.example
mailbox_size_limit = 150000
message_size_limit = 100000
append_dot_mydomain = no
"""


def configure(root: Path) -> list[list[str]]:
    """Everything of Debian's own, without chroot."""
    master = (root / "usr/share/postfix/master.cf.dist").read_text()
    write(root, "etc/postfix/master.cf", re.sub(r"(?m)^(\S+\s+\S+\s+\S+\s+\S+\s+)y ", r"\1n ", master))
    write(root, "etc/postfix/main.cf", _MAIN)
    write(root, "etc/aliases", ALIASES)
    fill_mailbox(root)
    shutil.chown(root / "var/mail/full", (root / "home/full").stat().st_uid)
    return [["sh", "-c", "postalias hash:/etc/aliases && postfix start"]]
