"""Sendmail's transcript of the session, in its notices of all ages and in those of its many children.

... while talking to mx.example.org.:
>>> RCPT To:<ann@example.org>
<<< 550 5.1.1 <ann@example.org>... User unknown
550 5.1.1 <ann@example.org>... User unknown
<bob@example.org>... Deferred: Connection timed out with mx.example.org.
"""

import re
from typing import Final

BEGIN: Final = "transcript of session"  # in lower case; without it there is nothing to read here

_TALKING: Final = re.compile(r"while talking to ([\w.-]{1,255})", re.ASCII)
_LINES: Final = 60  # of a transcript that are looked at for a reply to all


def said_about(recipient: str, words: str, low: str) -> tuple[str | None, str]:
    """The host and its words about a recipient, from the transcript; (None, "") when it tells nothing.

    `low` is `words` in lower case.
    """
    begin = low.find(BEGIN)
    if begin < 0:
        return None, ""
    text, low = words[begin:], low[begin:]
    recipient = recipient.lower()
    reply = _after_command(text, low, recipient) or _line_about(text, low, recipient) or _first_reply(text)
    talking = _TALKING.findall(text)
    return talking[-1].rstrip(".") if talking else None, reply


def whole_reply(diagnostic: str, words: str) -> str:
    """A reply of several lines out of the transcript.

    QUIRK: Diagnostic-Code holds only the first of them (672-sendmail-three-lines).
    """
    first = diagnostic[diagnostic.find(";") + 1 :].strip()
    at = words.find(f"<<< {first}\n") if first[3:4] == "-" else -1
    lines = _spoken(words[at : at + 4096]) if at >= 0 else []
    return diagnostic.replace(first, " ".join(lines)) if lines else diagnostic


def _spoken(text: str) -> list[str]:
    """The lines of one reply, from the beginning of a text: up to that without a hyphen (RFC 5321 §4.2.1)."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("<<<"):
            break
        lines.append(line[3:].strip())
        if lines[-1][3:4] != "-":
            break
    return lines


def _spoken_last(lines: list[str]) -> str:
    """The reply at the end of these lines; "" when they end with something else."""
    reply: list[str] = []
    while lines and lines[-1].startswith("<<<") and (not reply or lines[-1][7:8] == "-"):
        reply.insert(0, lines.pop()[3:].strip())
    return " ".join(reply)


def _after_command(text: str, low: str, recipient: str) -> str:
    """What the server answered to RCPT for this recipient."""
    at = low.find(f"rcpt to:<{recipient}>")
    begin = text.find("\n<<<", at) if at >= 0 else -1
    lines: list[str] = []
    for line in text[begin + 1 : begin + 4096].splitlines() if begin >= 0 else ():
        if not line.startswith("<<<"):
            break
        lines.append(line[3:].strip())
    return " ".join(lines)


def _line_about(text: str, low: str, recipient: str) -> str:
    """Sendmail's own line: "550 5.1.1 <ann@example.org>... User unknown"; before it, what the server said.

    QUIRK: its own words are those of the reply code, whatever the server said (796-sendmail-bare-553).
    """
    at = low.find(f"<{recipient}>...")
    if at < 0:
        return ""
    start = text.rfind("\n", 0, at) + 1
    before = text[max(0, start - 4096) : start].splitlines()
    spoken = _spoken_last(before)
    if spoken:
        return spoken
    stop = text.find("\n", at)
    return text[start : stop if stop >= 0 else len(text)].strip()


def _first_reply(text: str) -> str:
    """Any reply: a refusal of MAIL or DATA is about all recipients."""
    for line in text.splitlines()[:_LINES]:
        line = line.removeprefix("<<<").strip()
        if line[:1] in "45" and line[:3].isdigit() and line[3:4] in " -":
            return line
    return ""
