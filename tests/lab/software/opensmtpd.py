"""OpenSMTPD: smtpd.conf(5). It refuses unknown local users at RCPT."""

from pathlib import Path

from lab.software import ALIASES, listens, write

ready = listens
FORM = "opensmtpd-log"
SKIPS = ("absence", "refused-by-filter", "loop")
_CONFIG = """\
queue ttl 25s
bounce warn-interval 6s
table aliases file:/etc/aliases
listen on 192.0.2.10
action "full" mda "echo 'mailbox is full'; exit 75" user full
action "local" mbox alias <aliases>
action "out" relay helo mta.sender.example
match from any for rcpt-to "full@local.example" action "full"
match from any for domain { "local.example", "mta.sender.example" } action "local"
match from any for any action "out"
"""


def configure(root: Path) -> list[list[str]]:
    """One file."""
    write(root, "etc/smtpd.conf", _CONFIG)
    write(root, "etc/aliases", ALIASES)
    write(root, "etc/mailname", "mta.sender.example\n")
    return [["/usr/sbin/smtpd"]]
