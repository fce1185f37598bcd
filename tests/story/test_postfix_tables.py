"""What docs/postfix.md promises of lookup tables: a real Postfix asks Retour by socketmap."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from retour import keyfile
from retour.clock import SystemClock
from retour.model import Event, EventKind, Reason
from retour.stores import sqlite
from story.mta import UNKNOWN, Mta
from story.page import block, sentence, socketmaps
from story.postfix import Postfix
from story.server import Server
from story.waiting import eventually, free_port

pytestmark = pytest.mark.engine("postfix")

GONE, HELD, FREE = "gone@mailbox.test", "held@mailbox.test", "ann@mailbox.test"
CAPITAL = "Jane.Doe@mailbox.test"
QUOTED = r'"gone \"a\\\" b"@mailbox.test'
NEWS = "news@shop.test"


@pytest.fixture(scope="module")
def socket(ground: Path) -> Path:
    """As the page lays it out: a directory of Postfix's group, which the socket inherits."""
    directory = ground / "sockets"
    directory.mkdir()
    shutil.chown(directory, group="postfix")
    directory.chmod(0o2750)
    return directory / "maps"


@pytest.fixture(scope="module")
def server(ground: Path, socket: Path) -> Iterator[Server]:
    port = free_port()
    tables = socketmaps() + f"port = {port}\n" + socketmaps() + f'path = "{socket}"\nstopped = "error"\n'
    made = Server(ground, tables + '[postfix.domains."shop.test"]\naccount = "shop"\n')
    made.ports["socketmap"] = port
    hold(made, HELD)
    with made.running() as server:
        mta = Mta(server, [GONE, CAPITAL, QUOTED], UNKNOWN)
        assert mta.run_queue()
        server.bounced(GONE)
        server.bounced(CAPITAL)
        eventually(lambda: server.waiting() == 0, "the last bounce", server.story)
        yield server


def hold(server: Server, address: str) -> None:
    """Write what an incident at a provider leaves in the ledger: a hard bounce that is doubted."""
    data = server.directory / "data"
    store = sqlite.open_store(data / sqlite.STORE, keyfile.load_or_create(data / keyfile.NAME).pepper)
    now = SystemClock().now()
    marks = {"account": "shop", "address": address}
    store.ledger.record(
        [
            Event(b"incident.opened.", EventKind.INCIDENT_OPEN, now, **marks),
            Event(b"bounce.in.doubt.", EventKind.BOUNCE, now + 1, Reason.ADDRESS_UNKNOWN, "5.1.1", **marks),
        ],
        now + 2,
    )
    store.close()


@pytest.fixture(scope="module")
def postfix(ground: Path, server: Server) -> Iterator[Postfix]:
    """The five lines, with mail to everybody dropped where it would leave for the world."""
    with Postfix(ground, "policy", _config(server, {})) as postfix:
        yield postfix


@pytest.fixture(scope="module")
def tables(ground: Path, server: Server) -> Iterator[Postfix]:
    config = _config(server, block("relay_recipient_maps", server))
    config["smtpd_recipient_restrictions"] = ""
    with Postfix(ground, "tables", config) as postfix:
        yield postfix


def _config(server: Server, more: dict[str, str]) -> dict[str, str]:
    config = block("relay_domains", server) | more
    config["relayhost"] = (
        f"[127.0.0.1]:{server.ports['smtp']}"  # refuses strangers: nothing leaves this machine
    )
    return config


def _asked(postfix: Postfix, table: str, key: str) -> str:
    """What postmap(1) finds; "" for nothing."""
    command = ["/usr/sbin/postmap", "-c", str(postfix.directory / "etc"), "-q", key, table]
    run = subprocess.run(command, capture_output=True, text=True)
    assert not run.stderr, run.stderr
    return run.stdout.strip()


def test_the_policy_service_refuses_what_is_stopped_and_defers_what_is_held(postfix: Postfix) -> None:
    refusals = postfix.submit(NEWS, [GONE, HELD, FREE])
    assert {address: code for address, (code, _) in refusals.items()} == {GONE: 550, HELD: 450}
    assert b"4.7.1 " in refusals[HELD][1]
    assert b"(incident at the provider" in refusals[HELD][1]
    assert b"[retour:held]" in refusals[HELD][1]


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        (GONE, "550 5.7.1 Sending to this recipient is stopped (address unknown since "),
        (HELD, "450 4.7.1 Sending to this recipient is held (incident at the provider"),
        (FREE, "DUNNO"),
        ("mailbox.test", ""),
    ],
)
def test_the_tables_can_be_asked_by_hand(
    server: Server, postfix: Postfix, socket: Path, key: str, answer: str
) -> None:
    for place in (f"inet:127.0.0.1:{server.ports['socketmap']}", f"unix:{socket}"):
        said = _asked(postfix, f"socketmap:{place}:access", key)
        assert said.startswith(answer), said
        assert bool(said) is bool(answer)


def test_a_table_of_recipients_refuses_and_defers_like_the_policy_service(
    ground: Path, server: Server
) -> None:
    config = _config(server, {})
    access = f"check_recipient_access socketmap:inet:127.0.0.1:{server.ports['socketmap']}:access"
    config |= {"smtpd_recipient_restrictions": access, "recipient_delimiter": "+"}
    with Postfix(ground, "access", config) as postfix:
        refusals = postfix.submit(NEWS, [GONE, HELD, FREE, CAPITAL, "gone+news@mailbox.test"])
    assert {address: code for address, (code, _) in refusals.items()} == {GONE: 550, HELD: 450}
    assert b"[retour:stopped]" in refusals[GONE][1]
    assert CAPITAL not in refusals, "the page says that Postfix asks this table in lower case"


def test_of_two_recipients_the_stopped_one_is_dropped_in_silence(tables: Postfix) -> None:
    assert tables.submit(NEWS, [GONE, FREE]) == {}
    dropped = f"to=<{GONE}>, relay=none,"
    eventually(lambda: dropped in tables.story(), "the drop", tables.story)
    eventually(lambda: f"to=<{FREE}>, relay=127.0.0.1" in tables.story(), "the other", tables.story)
    lines = [line for line in tables.story().splitlines() if dropped in line]
    assert lines  # several, where another story wrote to it before
    for line in lines:
        assert "/discard[" in line
        assert "status=sent (Sending to this recipient is stopped (address unknown since " in line


def test_capitals_are_dropped(tables: Postfix) -> None:
    assert tables.submit(NEWS, [CAPITAL]) == {}
    eventually(lambda: f"to=<{CAPITAL}>, relay=none," in tables.story(), "the drop", tables.story)


def test_a_quoted_local_part_is_stopped_though_postfix_asks_for_it_without_quotes(
    ground: Path, server: Server, postfix: Postfix, tables: Postfix
) -> None:
    assert postfix.submit(NEWS, [QUOTED])[QUOTED][0] == 550, postfix.story()
    assert tables.submit(NEWS, [QUOTED]) == {}
    dropped = f"to=<{QUOTED}>, relay=none,"
    eventually(lambda: dropped in tables.story(), "the drop", tables.story)


def test_a_drop_is_no_warning_in_the_log_of_postfix(tables: Postfix) -> None:
    assert tables.submit(NEWS, [GONE]) == {}
    eventually(lambda: f"to=<{GONE}>, relay=none," in tables.story(), "the drop", tables.story)
    assert "warning" not in "\n".join(line for line in tables.story().splitlines() if "/discard[" in line)


def test_what_is_held_waits_in_the_queue(tables: Postfix) -> None:
    refusals = tables.submit(NEWS, [HELD])
    assert refusals[HELD][0] == 450, tables.story()
    _sendmail(tables, HELD)
    eventually(lambda: f"to=<{HELD}>, relay=none" in tables.story(), "the delay", tables.story)
    (line, *_) = [line for line in tables.story().splitlines() if f"to=<{HELD}>, relay=none" in line]
    assert "status=deferred (" in line
    assert "[retour:held]" in line


def test_mail_of_sendmail_is_stopped_too_and_can_come_back(
    ground: Path, server: Server, socket: Path
) -> None:
    config = _config(server, {})
    config["smtpd_recipient_restrictions"] = ""
    config["transport_maps"] += f", socketmap:unix:{socket}:transport"
    with Postfix(ground, "sendmail", config) as postfix:
        assert postfix.submit(NEWS, [GONE])[GONE][0] == 550
        _sendmail(postfix, GONE)
        bounced = f"to=<{GONE}>, relay=none,"
        eventually(lambda: bounced in postfix.story(), "the bounce", postfix.story)
        (line,) = [line for line in postfix.story().splitlines() if bounced in line]
        assert "dsn=5.7.1, status=bounced (Sending to this recipient is stopped" in line


def _sendmail(postfix: Postfix, recipient: str) -> None:
    """Hand a mail in without SMTP, as cron does; postdrop(1) needs no more than the queue."""
    command = ["/usr/sbin/sendmail", "-C", str(postfix.directory / "etc"), "-f", NEWS, recipient]
    run = subprocess.run(command, input="Subject: hello\n\nhello\n", capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_a_forged_return_address_is_refused_at_rcpt_without_a_session_to_the_inlet(
    server: Server, tables: Postfix
) -> None:
    genuine = server.return_address("bob@mailbox.test")
    forged = genuine[:20] + ("b" if genuine[20] == "a" else "a") + genuine[21:]
    (refused,) = tables.submit("mailer@stranger.test", [genuine, forged]).items()
    assert refused[0] == forged
    assert (refused[1][0], refused[1][1][:5]) == (550, b"5.1.1")
    eventually(lambda: server.arrivals(genuine), "the mail to the genuine one", tables.story)


def test_a_bounce_is_in_the_next_answer_on_a_connection_that_is_open(server: Server, tables: Postfix) -> None:
    recipient = "late@mailbox.test"
    assert tables.submit(NEWS, [recipient]) == {}
    mta = Mta(server, [recipient], UNKNOWN)
    assert mta.run_queue()
    server.bounced(recipient)
    assert tables.submit(NEWS, [recipient]) == {}
    eventually(lambda: f"to=<{recipient}>, relay=none" in tables.story(), "the drop", tables.story)


def test_stops_are_counted_by_account(server: Server, tables: Postfix) -> None:
    assert tables.submit(NEWS, [GONE]) == {}
    counted = [line for line in server.metrics().splitlines() if "stopped_answers_total{" in line]
    assert [line.split()[0] for line in counted] == ['retour_stopped_answers_total{account="shop"}']
    assert float(counted[0].split()[1]) > 0


def test_an_address_is_looked_up_as_it_is_written(server: Server, postfix: Postfix) -> None:
    """Only the domain may be folded: local parts that differ in case may be two mailboxes (RFC 5321 §2.4)."""
    table = f"socketmap:inet:127.0.0.1:{server.ports['socketmap']}:access"
    assert _asked(postfix, table, GONE.replace("mailbox", "MailBox")).startswith("550")
    assert _asked(postfix, table, GONE.replace("gone", "Gone")) == "DUNNO"


@pytest.mark.parametrize(
    ("parameter", "table", "code"),
    [
        ("transport_maps", "socketmap:{}:transport", b"4.3.0"),
        ("relay_recipient_maps", "socketmap:{}:return", b"4.3.0"),
        ("smtpd_recipient_restrictions", "check_recipient_access socketmap:{}:access", b"4.3.5"),
    ],
)
def test_without_retour_a_table_is_a_temporary_error(
    ground: Path, server: Server, parameter: str, table: str, code: bytes
) -> None:
    config = _config(server, {"smtpd_recipient_restrictions": ""})
    config |= {parameter: table.format(f"inet:127.0.0.1:{free_port()}")}
    recipient = f"rt-x@{server.domain}" if parameter == "relay_recipient_maps" else FREE
    with Postfix(ground, f"down-{parameter}", config) as postfix:
        answer = postfix.submit(NEWS, [recipient])[recipient]
        assert (answer[0], answer[1][:5]) == (451, code), postfix.story()
    said = sentence(r"(?s)a table fails: (.*?)That is closed")
    assert parameter == "transport_maps" or f"451 {code.decode()}" in said
