"""Sendmail: its cf/README. It refuses unknown local users at RCPT, so local mail goes in by command."""

from pathlib import Path

from lab.software import ALIASES, listens, write

ready = listens
FORM = "sendmail-log"
COMMAND = ("/usr/sbin/sendmail", "-Am", "-oi", "-oem")
ONLY_LOCAL = True
SKIPS = ("full-local", "absence", "refused-by-filter")
_MC = """\
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mta.sender.example')dnl
define(`confTO_QUEUERETURN', `25s')dnl
define(`confTO_QUEUEWARN', `8s')dnl
define(`confTO_CONNECT', `4s')dnl
define(`confTO_ICONNECT', `4s')dnl
define(`confTO_INITIAL', `4s')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confMAX_HOP', `30')dnl
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl
define(`confDOUBLE_BOUNCE_ADDRESS', `owner@shop.example')dnl
define(`confPID_FILE', `/var/run/sendmail.pid')dnl
define(`QUEUE_DIR', `/var/spool/labqueue')dnl
FEATURE(`local_lmtp', `/usr/libexec/sendmail/mail.local')dnl
define(`LOCAL_SHELL_PATH', `/bin/sh')dnl
define(`confCW_FILE', `/etc/mail/local-host-names')dnl
FEATURE(`use_cw_file')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA, Addr=192.0.2.10, Port=smtp')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
# A queue of its own: Linux writes no second time to another owner's file in a group's (fs.protected_regular).
_QUEUE = "mkdir -p -m 700 /var/spool/labqueue"
_MAKE = "m4 /etc/mail/lab.mc > /etc/mail/sendmail.cf; newaliases"
_START = f"{_QUEUE}; {_MAKE}; exec /usr/sbin/sendmail -bd -q3s -L sm-mta"


def configure(root: Path) -> list[list[str]]:
    """A short mc file instead of Debian's."""
    write(root, "etc/mail/lab.mc", _MC)
    write(root, "etc/mail/local-host-names", "local.example\nmta.sender.example\n")
    write(root, "etc/mail/aliases", ALIASES)
    write(root, "etc/aliases", ALIASES)
    return [["sh", "-c", _START]]
