"""Sendmail's transcript of the session, in its notices of all ages and in those of its many children.

... while talking to mx.example.org.:
>>> RCPT To:<ann@example.org>
<<< 550 5.1.1 <ann@example.org>... User unknown
550 5.1.1 <ann@example.org>... User unknown
<bob@example.org>... Deferred: Connection timed out with mx.example.org.
"""

import re

_TRANSCRIPT = re.compile(r"transcript of session", re.IGNORECASE)
_TALKING = re.compile(r"while talking to ([\w.-]{1,255})", re.ASCII)
_REPLY_LINES = re.compile(r"(?:^<<< ?[^\n]{0,998}\n?){1,20}", re.MULTILINE)


def said_about(recipient: str, words: str) -> tuple[str | None, str]:
    """The host and its words about a recipient, from the transcript; (None, "") when it tells nothing."""
    begin = _TRANSCRIPT.search(words)
    if not begin:
        return None, ""
    text = words[begin.end() :]
    reply = _after_command(text, recipient) or _line_about(text, recipient) or _last_reply(text)
    talking = _TALKING.findall(text)
    return talking[-1].rstrip(".") if talking else None, reply


def _after_command(text: str, recipient: str) -> str:
    """What the server answered to RCPT for this recipient."""
    at = text.lower().find(f"rcpt to:<{recipient.lower()}>")
    answer = _REPLY_LINES.search(text, at) if at >= 0 else None
    return " ".join(line.removeprefix("<<<").strip() for line in answer[0].splitlines()) if answer else ""


def _line_about(text: str, recipient: str) -> str:
    """Sendmail's own line: "550 5.1.1 <ann@example.org>... User unknown"."""
    at = text.lower().find(f"<{recipient.lower()}>...")
    if at < 0:
        return ""
    start = text.rfind("\n", 0, at) + 1
    stop = text.find("\n", at)
    return text[start : stop if stop >= 0 else len(text)].strip()


def _last_reply(text: str) -> str:
    """Any reply: a refusal after DATA or MAIL is about all recipients."""
    for line in text.splitlines()[:60]:
        line = line.removeprefix("<<<").strip()
        if line[:1] in "45" and line[:3].isdigit() and line[3:4] in " -":
            return line
    return ""
