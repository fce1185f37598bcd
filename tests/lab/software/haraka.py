"""Haraka: docs/Outbound.md of its package. No mailboxes of its own: everything goes out."""

from pathlib import Path

from lab.software import listens, write

ready = listens
LOCAL = False
_PLUGIN = """\
exports.hook_rcpt = function (next, connection) { connection.relaying = true; next(OK) }
"""
_FILES = {
    "config/smtp.ini": "listen=192.0.2.10:25\nnodes=0\n",
    "config/me": "mta.sender.example\n",
    "config/plugins": "lab\n",
    "config/outbound.ini": "temp_fail_intervals=5s,5s,5s\ninet_prefer=v4\nenable_tls=false\n",
    "config/loglevel": "LOGNOTICE\n",
    "plugins/lab.js": _PLUGIN,
}


def configure(root: Path) -> list[list[str]]:
    """One plugin that takes everything."""
    for name, text in _FILES.items():
        write(root, f"etc/haraka/{name}", text)
    own = "/opt/lab/node_modules/Haraka"  # its defaults are not found beside a configuration of one's own
    start = f"cp -n {own}/config/* /etc/haraka/config/; exec node {own}/bin/haraka -c /etc/haraka"
    return [["sh", "-c", start]]
