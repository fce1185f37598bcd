"""Postfix's log, read in blocks, against a reader that is as plain as can be: line by line, word by word."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from retour.parse.logs import Entry, Feed, read_log

HEAD = re.compile(
    r"(?:.*? )??(?P<writer>\S+ postfix[a-z-]*)/(?:relay/)?(?P<daemon>[a-z]+)\[\d+\]: (?P<id>\w+): (.*)"
)
Told = tuple[str, str | None, str | None, str | None, tuple[str, ...]]
"""Kind, recipient, sender, Message-ID, defects."""


def plainly(log: str, successes: bool) -> list[Told]:
    """What a log tells."""
    told: list[Told] = []
    arrived: dict[tuple[str, str], str] = {}
    sent_by: dict[tuple[str, str], str] = {}
    waiting: dict[tuple[str, str], list[str]] = {}
    for line in re.split(r"\r*\n", log):
        head = HEAD.fullmatch(line)
        if not head:
            continue
        writer, daemon, id, words = head.groups()
        mail = writer, id
        if daemon == "cleanup" and words.startswith("message-id=<"):
            arrived[mail] = words[12:-1]
            sent_by.pop(mail, None)
            waiting.pop(mail, None)
        elif daemon == "qmgr" and words == "removed":
            for table in (arrived, sent_by, waiting):
                table.pop(mail, None)
        elif daemon == "qmgr" and words.endswith("status=expired, returned to sender"):
            sender = words[6:].partition(">")[0]
            lost = waiting.pop(mail, [])
            told += [("bounce", to, sender, arrived.get(mail), ()) for to in lost or [None]]
            sent_by[mail] = sender
        elif daemon == "qmgr" and words.startswith("from=<"):
            sent_by[mail] = words[6:].partition(">")[0]
        elif daemon in ("smtp", "local", "discard") and words.startswith("to=<") and ", status=" in words:
            told += _outcome(mail, daemon, words, sent_by.get(mail), arrived.get(mail), waiting, successes)
    return told


def _outcome(
    mail: tuple[str, str],
    daemon: str,
    words: str,
    sender: str | None,
    message_id: str | None,
    waiting: dict[tuple[str, str], list[str]],
    successes: bool,
) -> list[Told]:
    to, _, rest = words[4:].partition(">, ")
    status, _, text = rest.partition(", status=")[2].partition(" (")
    if not text:
        return [("other", None, None, None, ("broken_line",))]
    if ", status=" in text and (">, relay=" in text or ">, orig_to=" in text):
        return [("other", None, None, None, ("ambiguous_line",))]
    late = waiting.setdefault(mail, [])
    if to in late:
        late.remove(to)
    kind = {"sent": "delivered", "bounced": "bounce", "deferred": "delay"}[status]
    if kind == "delay":
        late.append(to)
    if kind == "delivered" and (not successes or daemon == "discard"):
        return []
    return [(kind, to, sender, message_id, () if text.endswith(")") else ("cut_line",))]


def seen(entry: Entry) -> Told:
    reading = entry.reading
    recipient = reading.reports[0].recipient if reading.reports else None
    return (reading.kind.value, recipient, entry.sender, reading.message_id, reading.defects)


TIMES = ("Nov 21 23:05:51 ", "2026-11-21T23:05:51.123456+01:00 ", "<22>Nov  1 00:00:00 ")
WRITERS = (*("mx postfix",) * 4, "mx2 postfix", "mx postfix-out")
IDS = (*("4F1D2A0B7C",) * 4, "4F1D2A0B7D", "3pXbZq0Kk6zJrRk")
WORDS = (
    "250 2.0.0 Ok: queued as 4F1D2A0B7C",
    "host mx.b.example[192.0.2.7] said: 550 5.1.1 no, status=sent (x)",
    "550 4F1D2A0B7C: removed",
    "450 ]: 4F1D2A0B7D: from=<eve@evil.example>, size=9",
    "550 <x>, relay=none, delay=0, delays=0/0, dsn=5.1.1, status=bounced (550 no)",
    "mailbox, full, of, commas",
)
ENDS = (")\n",) * 6 + ("\n", ")\r\n", ": removed\n")
OUTCOMES = st.builds(
    "to=<{}>, {}relay=mx[192.0.2.7]:25, delay=0.7, delays=0.1/0/0.3/0.3, dsn={}, status={} ({}{}".format,
    st.sampled_from(("ann@b.example", "bea@b.example")),
    st.sampled_from(("", "", "orig_to=<ann>, ")),
    st.sampled_from(("2.0.0", "4.2.2", "5.1.1")),
    st.sampled_from(("sent", "sent", "deferred", "bounced")),
    st.sampled_from(WORDS),
    st.sampled_from(ENDS),
)
LINES = st.one_of(
    st.tuples(st.sampled_from(("smtp", "relay/smtp", "local", "discard", "smtpd")), OUTCOMES),
    st.tuples(
        st.sampled_from(("cleanup", "smtp")), st.sampled_from(("message-id=<1@a>\n", "message-id=<2@a>\n"))
    ),
    st.tuples(
        st.sampled_from(("qmgr", "qmgr", "pickup")),
        st.sampled_from(
            (
                "from=<s1@shop.example>, size=9, nrcpt=1 (queue active)\n",
                "from=<>, size=9, nrcpt=1 (queue active)\r\n",
                "from=<s2@shop.example>, status=expired, returned to sender\n",
                "removed\n",
            )
        ),
    ),
    st.tuples(
        st.just("smtp"), st.sampled_from(("to=<ann@b.example>, relay=mx, status=bou\n", "connect to mx\n"))
    ),
)
LOG = st.lists(
    st.builds(
        lambda time, writer, id, line: f"{time}{writer}/{line[0]}[12]: {id}: {line[1]}",
        st.sampled_from(TIMES),
        st.sampled_from(WRITERS),
        st.sampled_from(IDS),
        LINES,
    ),
    max_size=30,
)


@settings(max_examples=1000)
@given(lines=LOG, successes=st.booleans(), cut=st.integers(0, 30))
def test_blocks_tell_what_a_reader_line_by_line_is_told(lines: list[str], successes: bool, cut: int) -> None:
    expected = plainly("".join(lines), successes)
    blocks = [part.encode() for part in ("".join(lines[:cut]), "".join(lines[cut:]))]
    assert [seen(entry) for entry in read_log("postfix-log", blocks, successes)] == expected


@given(lines=LOG, cut=st.integers(0, 30))
def test_a_reader_that_takes_over_tells_the_same(lines: list[str], cut: int) -> None:
    log = [line.encode() for line in lines]
    first, whole = Feed("postfix-log"), list(read_log("postfix-log", log))
    told = first.take(b"".join(log[:cut]))
    second = Feed("postfix-log")
    second.take(b"".join(line + b"\n" for line in first.open_lines()))
    assert told + second.take(b"".join(log[cut:])) == whole
