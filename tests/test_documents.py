"""The documents are held to the code: what they show is what happens, what they name is there."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retour import ports
from retour.classify import phrases
from retour.flow import browse, check, contacts, engagement, restore, sends, suppressions
from retour.flow.listcheck import archive, mail_links, workbook
from retour.flow.lists import row
from retour.inlets import confirm, logtail, mailboxes, one_click
from retour.inlets.pickup import desk, server
from retour.inlets.webhooks import app, certificates, fetch, subscriptions
from retour.mime import limits as mime
from retour.outlets import postfix
from retour.outlets.api import connection, imports, repeats, webhooks
from retour.outlets.notify import post
from retour.outlets.relay import head, links, passage
from retour.parse import bounds, delivery
from retour.parse.logs import entry, kumomta
from retour.parse.providers import bodies
from retour.settings import Settings
from retour.smtpd import Limits, submission
from retour.stores import advance

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
RETOUR = Path(sys.executable).with_name("retour")


def _shown() -> Iterator[tuple[str, str]]:
    """Every `$ retour …` of a console block in the README, with the output printed under it."""
    text = (ROOT / "README.md").read_text("utf-8")
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            if re.search(r"\bretour\b", command):
                yield command, output


SHOWN = list(_shown())


def test_the_readme_shows_the_three_commands_of_the_core() -> None:
    assert {"explain", "classify", "simulate"} <= {word for command, _ in SHOWN for word in command.split()}


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_what_the_readme_shows_is_what_happens(command: str, output: str) -> None:
    first, *rest = command.split(" | ")
    fed = None
    if rest:  # echo "…" | retour classify
        fed, command = shlex.split(first)[-1] + "\n", rest[0]
    arguments = shlex.split(command)[1:]
    run = subprocess.run([RETOUR, *arguments], input=fed, capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.strip() == output.strip(), run.stderr


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_and_paths_on_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text)
    paths = re.findall(r"`((?:src|tests|docs|scripts|bench)/[\w./-]*)`", text)
    gone = [link for link in links if not (page.parent / link).exists()]
    gone += [path for path in paths if not (ROOT / path).exists()]
    assert gone == []


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^\$ ?|^)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert named, "the documents name no make target"
    assert named <= targets


def test_every_room_stands_in_the_architecture() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    source = ROOT / "src/retour"
    rooms = {path.stem for path in source.iterdir() if path.suffix == ".py" and path.stem != "__init__"}
    rooms |= {path.name for path in source.iterdir() if (path / "__init__.py").exists()}
    assert rooms, "no rooms found"
    missing = {room for room in rooms if not re.search(rf"\b{room}(?:/|\.py|\b)", page)}
    assert missing == set()


def test_every_table_has_its_head_on_top_and_rows_of_one_length() -> None:
    text = "\n".join(page.read_text("utf-8") for page in (*PAGES, ROOT / "bench/results.md"))
    tables = re.findall(r"(?:^\|.*\n)+", re.sub(r"(?ms)^```.*?^```$", "", text), re.MULTILINE)
    assert len(tables) > 30
    for table in tables:
        head, divider, *rows = table.replace(r"\|", "").splitlines()
        assert re.fullmatch(r"\|(?: ?:?-+:? ?\|)+", divider), head
        assert {row.count("|") for row in rows} == {head.count("|")}, head


_UNITS = {"": 1, "KiB": 1024, "MiB": 1024 * 1024}


def _documented_limits() -> dict[str, int]:
    rows = re.findall(
        r"^\| ([^|]+) \| ([\d,]+) ?(KiB|MiB|) \|", (ROOT / "docs/limits.md").read_text("utf-8"), re.MULTILINE
    )
    return {what: int(number.replace(",", "")) * _UNITS[unit] for what, number, unit in rows}


def test_what_the_console_is_said_to_do_better_is_tried_by_a_test_that_is_there() -> None:
    text = (ROOT / "docs/console.md").read_text("utf-8")
    rows = text.partition("| tried by |\n")[2].partition("\n\n")[0].splitlines()[1:]
    assert len(rows) >= 38
    for line in rows:
        named = re.search(r"`(test_\w+)\.(test_\w+)` \|$", line)
        assert named, line
        file = ROOT / f"tests/console/{named[1]}.py"
        assert f"def {named[2]}(" in file.read_text("utf-8"), line


def test_what_is_said_to_stand_against_an_abuse_is_tried_by_a_test_that_is_there() -> None:
    text = (ROOT / "docs/security.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    rows = [line for line in rows if not line.startswith("|---") and not line.endswith("| tried by |")]
    assert len(rows) >= 68
    for line in rows:
        named = re.search(r"`(test_\w+)\.(test_\w+)` \|$", line)
        assert named, line
        files = [file.read_text("utf-8") for file in (ROOT / "tests").rglob(f"{named[1]}.py")]
        assert any(f"def {named[2]}(" in file for file in files), line


def test_the_limits_are_those_of_the_code() -> None:
    smtpd = Limits()
    assert mailboxes.KEPT == mime.EXAMINED == smtpd.kept
    assert _documented_limits() == {
        "one mail, read": smtpd.message,
        "one mail, kept and examined": mime.EXAMINED,
        "one header block": mime.HEADER_BLOCK,
        "one header with its folded lines": mime.HEADER,
        "headers in one block": mime.HEADERS,
        "parts of one mail": mime.PARTS,
        "parts inside each other": mime.DEPTH,
        "text of one part, decoded": mime.TEXT,
        "machine-readable reports of one mail": bounds.REPORTS,
        "one machine-readable report": bounds.REPORT,
        "recipients read from one report": delivery.RECIPIENTS,
        "text that rules are matched against": phrases.TEXT_LIMIT,
        "one command line": smtpd.command,
        "recipients of one message": smtpd.recipients,
        "recipients refused in one connection": smtpd.refused,
        "commands in a row that are no SMTP": smtpd.errors,
        "seconds of silence": smtpd.idle,
        "connections at once": smtpd.connections,
        "of those from one client on another machine, of IPv6 from one /64": smtpd.of_stranger,
        "seconds for one API request to come whole": connection.PATIENCE,
        "seconds without a whole policy request": postfix.IDLE,
        "one policy request": postfix.LIMIT,
        "one socketmap request": postfix.SOCKETMAP_LIMIT,
        "connections to one port for Postfix": postfix.MOST,
        "head of an API request": connection.HEAD,
        "body of an API request": Settings().api.body_limit,
        "body of a post": app.LIMIT,
        "events of one post that are read": bodies.EVENTS,
        "objects and lists inside each other in its JSON": bodies.DEPTH,
        "names in one object": bodies.KEYS,
        "one string, in characters": bodies.LONGEST,
        "commas and opening brackets in one JSON text": bodies.VALUES,
        "posts that are not yet on disk, together": app.HELD,
        "answer with a certificate of SNS": fetch.LIMIT,
        "body of a click on List-Unsubscribe": one_click.LIMIT,
        "seconds for a certificate of SNS": fetch.PATIENCE,
        "certificates fetched at once": certificates.AT_ONCE,
        "subscriptions that wait for an operator": subscriptions.MOST,
        "addresses in one check": check.MOST,
        "sends in one call": sends.MOST,
        "rows of a day that rates count apart": ports.MOST_RATES,
        "rows of a day that `/v1/campaigns` and `/v1/providers` tell apart, each": ports.MOST_LISTED,
        "signs of life in one call": engagement.MOST,
        "links that confirm nothing, from one network in a minute": confirm.GUESSES,
        "rows on a page": browse.MOST,
        "addresses in one restore": restore.MOST_ADDRESSES,
        "header section of a passing mail that is read": head.LIMIT,
        "wrong passwords in one connection": submission.GUESSES,
        "servers that a mail has been at": passage.HOPS,
        "messages over one connection to the next server": links.MESSAGES,
        "one line of a log": entry.LONGEST,
        "one record of KumoMTA": kumomta.LONGEST_RECORD,
        "mails of a log whose lines are remembered": entry.OPEN,
        "octets of a log that are read and committed together": logtail.BLOCK,
        "mails of one mailbox that are read and not yet on disk": desk.BATCH_MAILS,
        "their octets": desk.BATCH_OCTETS,
        "seconds of silence of a mailbox's server": server.SILENCE,
        "one line, element or field of an imported list": row.LONGEST,
        "row of a workbook's sheet, by its number": archive.ROWS,
        "columns of a workbook's sheet": archive.COLUMNS,
        "one part of a workbook, unpacked": archive.UNPACKED,
        "a part of a workbook that may unpack to any times its size": archive.FREE,
        "times its packed size that a larger part of a workbook may be": archive.RATIO,
        "shared strings of a workbook together, in characters": workbook.STRINGS,
        "octets of one cell of a workbook": 4 * archive.CELL,
        "empty rows in a row that count as rows of a workbook": workbook.GAP,
        "names of a sheet that lead to mail": mail_links.MOST,
        "lines left out that one answer tells": imports.MOST_DEFECTS,
        "addresses looked at for one page of the suppression list": suppressions.MOST_LOOKED_AT,
        "webhooks of one account": webhooks.MOST,
        "answer of a receiver that is read": post.MOST_READ,
        "an `Idempotency-Key`, in characters": repeats.LONGEST,
        "mails that the worker holds at once": ports.BATCH_OCTETS,
        "events of one address that are played": advance.MOST_REPORTS,
        "events of one address that may move no state": advance.MOST_WITHOUT_EFFECT,
        "deliveries kept of one address, of sends that nobody registered": advance.MOST_DELIVERIES,
        "domains and campaigns of a day that are counted apart": ports.MOST_TALLIES,
        "days that a repeated delivery is known": ports.REMEMBERED_DAYS,
        "reports of one send": advance.MOST_OF_A_SEND,
        "replies of one account that segments tell apart": ports.MOST_REPLIES,
        "contacts in one request": contacts.MOST_AT_ONCE,
        "attributes of a contact": contacts.MOST_OF_ATTRIBUTES,
        "lists of contacts of one account": contacts.MOST_LISTS,
    }
