"""The logs of a real OpenSMTPD and a real Sendmail, followed by a real server that is killed in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.beside import Beside
from retour.simulator import Simulator, serve_simulator
from story.aside import Aside
from story.server import Server
from story.waiting import eventually

OPENSMTPD = """\
for user in opensmtpd:64998 opensmtpq:64997; do
  echo "${{user%:*}}:x:${{user#*:}}:${{user#*:}}::/var/lib/opensmtpd/empty:/bin/false" >> etc/passwd
  echo "${{user%:*}}:x:${{user#*:}}:" >> etc/group
done
mkdir -p var/lib/opensmtpd/empty
mkdir -p -m 711 var/spool/smtpd
chmod 711 var/spool/smtpd
cat > etc/smtpd.conf <<END
listen on 127.0.0.1 port $port
action "out" relay host smtp://127.0.0.1:{next}
match from any for any action "out"
END
"""
SENDMAIL = """\
mkdir -p -m 700 var/spool/own
mkdir -p etc/mail
cat > etc/mail/own.mc <<END
include(\\`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(\\`linux')dnl
define(\\`confDOMAIN_NAME', \\`mta.test')dnl
define(\\`QUEUE_DIR', \\`/var/spool/own')dnl
define(\\`confPID_FILE', \\`/run/sendmail.pid')dnl
define(\\`confTO_IDENT', \\`0')dnl
define(\\`confDEF_USER_ID', \\`65534:65534')dnl
define(\\`SMART_HOST', \\`esmtp:[127.0.0.1]')dnl
define(\\`ESMTP_MAILER_ARGS', \\`TCP \\$h {next}')dnl
FEATURE(\\`promiscuous_relay')dnl
FEATURE(\\`accept_unresolvable_domains')dnl
FEATURE(\\`accept_unqualified_senders')dnl
FEATURE(\\`nocanonify')dnl
DAEMON_OPTIONS(\\`Family=inet, Name=MTA, Addr=127.0.0.1, Port=$port')dnl
MAILER(\\`smtp')dnl
END
chroot . sh -ec 'cd /usr/share/sendmail/cf/cf && m4 /etc/mail/own.mc > /etc/mail/sendmail.cf'
"""
LOG = """
[logs.mta]
format = "{form}"
path = "{log}"

[logs.mta.senders]
"shop.test" = "shop"
"""
SERVERS = {
    "opensmtpd": (OPENSMTPD, ("/usr/sbin/smtpd", "-F")),
    "sendmail": (SENDMAIL, ("/usr/libexec/sendmail/sendmail", "-bD", "-q1h", "-L", "sm-mta")),
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    beside = Beside()
    simulator = beside.run(serve_simulator("127.0.0.1", 0, None))
    yield simulator
    beside.run(simulator.close())
    beside.end()


def reasons(server: Server, mta: Aside, mailbox: str) -> list[tuple[str, str, str]]:
    """Kind, reason and standing of all that came of a mail to this mailbox."""
    life = server.bounced(f"{mailbox}@simulator.test", mta.story)
    return [(event["kind"], event["reason"], event["standing"]) for event in life["events"]]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.engine(name)) for name in SERVERS])
def test_its_log_is_followed_through_rotation_and_kill(ground: Path, simulator: Simulator, name: str) -> None:
    setup, command = SERVERS[name]
    refused = [("bounce", "address_unknown", "proven")]
    with Aside(ground, name, setup.format(next=simulator.port), command) as mta:
        (ground / f"house-{name}").mkdir()
        server = Server(ground / f"house-{name}", LOG.format(form=f"{name}-log", log=mta.log))
        with server.running():
            address = "disabled@simulator.test"
            sent = server.ask("POST", "/v1/sends", {"recipient": address, "kind": "mailing"})
            mta.submit(sent["return_address"], address)
            mta.submit("news@shop.test", "unknown+first@simulator.test")
            assert reasons(server, mta, "unknown+first") == refused
            (event,) = server.bounced(address, mta.story)["events"]
            assert (event["reason"], event["send"]) == ("mailbox_disabled", sent["send"])
            assert server.process is not None
            server.process.kill()
            server.process.wait(120)

            mta.submit("news@shop.test", "unknown+dead@simulator.test")
            eventually(lambda: b"unknown+dead" in mta.log.read_bytes(), "the failure in the log", mta.story)
            mta.log.rename(mta.log.with_name("mail.log.1"))
            mta.submit("news@shop.test", "unknown+rotated@simulator.test")
            server.start()
            for mailbox in ("unknown+dead", "unknown+rotated", "unknown+first"):
                assert reasons(server, mta, mailbox) == refused
            assert server.faults() == 0
