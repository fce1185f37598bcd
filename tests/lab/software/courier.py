"""Courier: courier(8), its control files one value each."""

from pathlib import Path

from lab.software import listens, write

ready = listens
SKIPS = ("absence", "refused-by-filter")
_FILES = {
    "me": "mta.sender.example\n",
    "defaultdomain": "sender.example\n",
    "locals": "localhost\nmta.sender.example\nlocal.example\n",
    "esmtpacceptmailfor.dir/lab": "local.example\nmta.sender.example\n",
    "smtpaccess/lab": "192.0.2.10\tallow,RELAYCLIENT\n",
    "queuetime": "25s\n",
    "faxqueuetime": "25s\n",
    "warntime": "8s\n",
    "retryalpha": "4s\n",
    "retrybeta": "1\n",
    "retrygamma": "4s\n",
    "retrymaxdelta": "0\n",
    "esmtptimeout": "4s\n",
    "esmtptimeouthelo": "4s\n",
    "esmtptimeoutconnect": "4s\n",
    "esmtptimeoutkeepalive": "1s\n",
    "backuprelay": "",
    "bofh": "",
    "aliases/system": """\
postmaster: owner@shop.example
mailer-daemon: postmaster
root: postmaster
forward: unknown@dest.example
team: unknown@dest.example, disabled@dest.example
""",
}
_START = """\
sed -i -e 's/^ADDRESS=.*/ADDRESS=192.0.2.10/' -e 's/^BOFHCHECKDNS=.*/BOFHCHECKDNS=0/' \
  -e 's/^TCPDOPTS=.*/TCPDOPTS="-stderrlogger=\\/usr\\/sbin\\/courierlogger -noidentlookup -nodnslookup"/' \
  -e 's/^ESMTPDSTART=.*/ESMTPDSTART=YES/' /etc/courier/esmtpd
touch /etc/courier/bofh; rm -f /etc/courier/backuprelay
for make in makeacceptmailfor makealiases makesmtpaccess makehosteddomains; do
  $(find /usr -name $make -type f | head -n 1)
done
mkdir -p /run/courier/authdaemon; chown -R courier:courier /run/courier
authdaemond start; courier start
esmtpd start
"""


def configure(root: Path) -> list[list[str]]:
    """The control files; then makedat's tables, then both daemons."""
    for name, text in _FILES.items():
        write(root, f"etc/courier/{name}", text)
    write(root, "home/ann/.courier", "./Maildir\n")
    return [["sh", "-c", _START]]
