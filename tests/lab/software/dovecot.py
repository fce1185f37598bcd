"""Dovecot behind Postfix: LMTP with quota, its own delivery agent, Sieve (reject, vacation)."""

from pathlib import Path

from lab.software import postfix, write

ready = postfix.ready
ONLY = (
    "unknown-local", "full-local", "delivered", "absence", "refused-by-filter", "unknown-lmtp", "full-lmtp",
    "rejected-lmtp", "absence-lmtp",
)  # fmt: skip
_LDA = '/usr/lib/dovecot/dovecot-lda -f "$SENDER" -a "$ORIGINAL_RECIPIENT"'
_MAIN = f"""\
mailbox_transport =
mailbox_command = {_LDA}
mailbox_command_maps = texthash:/etc/postfix/lab.commands
virtual_mailbox_domains = box.example
virtual_transport = lmtp:inet:127.0.0.1:2400
"""
_CONFIG = """\
protocols = lmtp
listen = 127.0.0.1
ssl = no
hostname = mta.sender.example
postmaster_address = postmaster@mta.sender.example
mail_location = maildir:/var/vmail/%u
first_valid_uid = 1
mail_plugins = quota
lda_mailbox_autocreate = yes
passdb {
  driver = passwd-file
  args = username_format=%n /etc/dovecot/lab.users
}
userdb {
  driver = passwd-file
  args = username_format=%n /etc/dovecot/lab.users
}
protocol lmtp {
  mail_uid = mail
  mail_gid = mail
  mail_plugins = quota sieve
}
protocol lda {
  mail_location = maildir:/home/%n/Maildir
  mail_plugins = quota sieve
}
plugin {
  quota = maildir:User quota
  quota_grace = 0
  sieve = file:/var/sieve/%n.sieve
  sieve_extensions = +vacation-seconds
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = 2400
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
log_path = /var/log/dovecot.log
"""
_USERS = "".join(
    f"{user}:::::::userdb_quota_rule=*:storage={size}\n"
    for user, size in {"ann": "1M", "bob": "1M", "full": "1K", "strict": "1M"}.items()
)
_REJECT = 'require "reject";\nreject "I take no mail from shops. Write to ann@local.example instead.";\n'
_VACATION = """\
require "vacation";
vacation :days 7 :addresses ["bob@local.example", "bob@box.example"] :subject "On holiday until 16 March"
"I am away and read no mail. Ask ann@local.example if it cannot wait.";
"""


def configure(root: Path) -> list[list[str]]:
    """Postfix as always; local mail through Dovecot's agent, box.example over LMTP."""
    commands = postfix.configure(root)
    main = root / "etc/postfix/main.cf"
    main.write_text(main.read_text() + _MAIN)
    write(root, "etc/dovecot/dovecot.conf", _CONFIG)
    write(root, "etc/dovecot/lab.users", _USERS)
    write(root, "etc/postfix/lab.commands", f"full {_LDA} -o plugin/quota_rule=*:storage=1K\n")
    for user, script in {"strict": _REJECT, "bob": _VACATION}.items():
        write(root, f"var/sieve/{user}.sieve", script)
    rights = "mkdir -p /var/vmail; chown -R mail:mail /var/vmail /var/sieve; chmod 666 /var/log/dovecot.log"
    users = "id strict || useradd -m strict"
    return [["sh", "-c", f"touch /var/log/dovecot.log; {rights}; {users}; exec dovecot -F"], *commands]
