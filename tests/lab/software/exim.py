"""Exim: spec.txt of its documentation."""

from pathlib import Path

from lab.software import ALIASES, fill_mailbox, listens, write

ready = listens
FORM, LOG = "exim-log", "var/log/exim4/mainlog"
_CONFIG = """\
primary_hostname = mta.sender.example
domainlist local_domains = local.example : mta.sender.example
local_interfaces = 192.0.2.10
log_file_path = /var/log/exim4/%slog
acl_smtp_rcpt = acl_all
acl_smtp_data = acl_all
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
delay_warning = 8s
keep_environment =
trusted_users = root
tls_advertise_hosts =
qualify_domain = mta.sender.example
errors_copy =
ignore_bounce_errors_after = 0s
begin acl
acl_all:
  accept
begin routers
remote:
  driver = dnslookup
  domains = ! +local_domains
  transport = smtp
  no_more
aliases:
  driver = redirect
  data = ${lookup{$local_part}lsearch{/etc/aliases}}
  pipe_transport = pipe
  file_transport = file
forward:
  driver = redirect
  check_local_user
  file = $home/.forward
  allow_filter
  reply_transport = reply
  file_transport = file
local:
  driver = accept
  check_local_user
  transport = local
begin transports
smtp:
  driver = smtp
  connect_timeout = 4s
  command_timeout = 4s
local:
  driver = appendfile
  file = /var/mail/$local_part_data
  quota = 100K
  group = mail
  mode = 0660
file:
  driver = appendfile
pipe:
  driver = pipe
  user = nobody
  return_output
reply:
  driver = autoreply
begin retry
* quota F,30s,4s
* * F,30s,4s
"""
_ABSENCE = """\
# Exim filter
if personal then
  mail to $reply_address subject "On holiday Re: $h_subject:" text "I am away until 16 March.\\n"
endif
"""


def configure(root: Path) -> list[list[str]]:
    """One configuration file instead of Debian's many."""
    write(root, "etc/exim4/exim4.conf", _CONFIG)
    write(root, "etc/aliases", ALIASES)
    write(root, "home/bob/.forward", _ABSENCE)
    fill_mailbox(root)
    owners = "chown full:mail /var/mail/full; chown bob:bob /home/bob/.forward"
    return [["sh", "-c", f"{owners}; exec /usr/sbin/exim4 -bd -q3s"]]
