"""nullmailer: nullmailer-send(8). All mail goes to one other server, and no address is local."""

from pathlib import Path

from lab.software import write

COMMAND = ("/usr/bin/nullmailer-inject",)
PATIENCE = 30
_TRIGGER = "cd /var/spool/nullmailer; rm -f trigger; mkfifo -m 622 trigger; chown mail trigger"


def configure(root: Path) -> list[list[str]]:
    """The scripted server takes all."""
    write(root, "etc/nullmailer/remotes", "mx.dest.example smtp\n")
    write(root, "etc/nullmailer/me", "mta.sender.example\n")
    write(root, "etc/nullmailer/helohost", "mta.sender.example\n")
    write(root, "etc/nullmailer/queuelifetime", "25\n")
    write(root, "etc/nullmailer/pausetime", "3\n")
    write(root, "etc/nullmailer/maxpause", "4\n")
    write(root, "etc/nullmailer/sendtimeout", "10\n")
    write(root, "etc/nullmailer/doublebounceto", "owner@shop.example\n")
    return [["sh", "-c", f"{_TRIGGER}; exec su -s /bin/sh mail -c /usr/sbin/nullmailer-send"]]


def ready(root: Path) -> bool:
    """Its trigger is there."""
    return (root / "var/spool/nullmailer/trigger").exists()
