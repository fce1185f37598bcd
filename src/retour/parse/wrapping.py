"""What reporting servers put around the words of the server that refused."""

import re
from typing import Final, NamedTuple

from retour.parse.phrases import says

_HOST: Final = r"(?P<host>[\w.:-]{1,255})"
_ADDRESS: Final = r"\[[0-9A-Fa-f:.IPv]{2,60}\]"


class Wrapping(NamedTuple):
    """Words that open with the `hint`; what stands behind the pattern was said by the other server."""

    hint: str  # stands in every text that the pattern fits
    pattern: re.Pattern[str]


def _wrapping(hint: str, pattern: str) -> Wrapping:
    return Wrapping(hint, re.compile(pattern, re.ASCII))


_WRAPPINGS: Final[tuple[Wrapping, ...]] = (
    # Postfix, smtp_chat.c: "host mx.example.org[192.0.2.1] said: 550 ... (in reply to RCPT TO command)";
    # Exim, deliver.c: "host mx.example.org [192.0.2.1]: 550 ...".
    _wrapping(
        "host ",
        rf"host\s+{_HOST}\s?{_ADDRESS}(?::\d{{1,5}})?\s?(?:\s(?:said|refused to talk to me)\s?)?:\s*",
    ),
    # qmail-remote.c: "192.0.2.1 does not like recipient. Remote host said: 550 ... Giving up on 192.0.2.1."
    _wrapping("does not like ", rf"{_HOST} does not like \w+\.\s*(?:Remote host said:\s*)?"),
    _wrapping("Connected to ", rf"Connected to {_HOST} but [\w ]{{1,60}}\.\s*(?:Remote host said:\s*)?"),
    _wrapping("Remote host said:", r"Remote host said:\s*"),
    # DragonFly Mail Agent, net.c: "mx.example.org [192.0.2.1] did not like our RCPT TO: 550 ..."
    _wrapping("did not like our ", rf"{_HOST} {_ADDRESS} did not like our [A-Za-z ]{{1,30}}:\s*"),
    # Sendmail around a mailer or an older self: "554 <ann@example.org>... 550 Host unknown"
    _wrapping(">... ", r"[45]\d\d (?:\S{1,20} )?<[^<>\s]{1,320}>\.\.\. (?=[45][0-5]\d[ -])"),
    # Exchange and M365: "Remote Server at mx.example.org (192.0.2.1) returned '550 ...'"
    _wrapping("Remote Server ", rf"Remote Server (?:at {_HOST} \([^()]{{1,60}}\) )?returned '"),
    # InterScan writes what it sent, then what it received.
    _wrapping("Received >>> ", r"Received >>> "),
    # Gmail, in its two generations
    _wrapping("server returned was:", r"error that the other server returned was:\s*"),
    _wrapping("remote server was:", r"response from the remote server was:\s*"),
)
# The first of these in sets without classes, that give nothing back: as it stands in nearly all of a log.
_SAID: Final = re.compile(
    r"host\s+([0-9A-Za-z_.:-]{1,255}+)\s?\[[0-9A-Fa-f:.IPv]{2,60}+\](?::\d{1,5}+)?"
    r"(?:\s{1,2}(?:said|refused to talk to me)\s?|\s?):\s*",
    re.ASCII,
)
# Postfix's own words about a host that it did not reach; in such a tail none of the above can stand.
_UNREACHED: Final = re.compile(
    r"connect to ([0-9A-Za-z_.-]{1,255}+)\[[0-9A-Fa-f:.]{2,60}+\]:\d{1,5}+: [A-Za-z ]{0,60}[A-Za-z]"
)
# These name the host but wrap no words of it. Postfix: "connect to mx[192.0.2.1]:25: Connection refused".
_CONNECT: Final = re.compile(r"connect to ([\w.-]{1,255})\[", re.ASCII)
_TALKING: Final = re.compile(r"talking to ([\w.-]{1,255})", re.ASCII)  # Sendmail
_REJECTED_BY: Final = re.compile(r" by ([\w.-]{1,255}?)\.? \[[0-9A-Fa-f:.]{2,60}\]", re.ASCII)  # Gmail
# Postfix and Exim ask the sender's own server whether the sender exists, and quote its answer: the inner
# words are about the sender, only the outer ones about the mail. And who answers MAIL has heard of no
# recipient yet (RFC 5321 §3.3): what Exim says of that stays with the words.
_ABOUT_THE_SENDER: Final[tuple[str, ...]] = (
    *("Sender address rejected", "sender address rejected", "Sender verify", "sender verify"),
    *("after MAIL FROM", "after pipelined MAIL FROM", "after sending MAIL FROM"),
)
_CLOSINGS: Final[tuple[str, ...]] = ("(in reply to ", "Giving up on ")  # Postfix, qmail

_HINTS: Final[tuple[str, ...]] = (
    *(wrapping.hint for wrapping in _WRAPPINGS),
    "connect to ",
    "talking to ",
    " by ",
)

# RFC 3464 §2.3.6: "smtp; 550 ...", "X-Postfix; ..."; the type is one atom.
_TYPE: Final = re.compile(
    r"\s*(?:smtp|lmtp|x-[\w-]{1,40}|x\.\d{1,4}|dns|unix|unknown|qmail)\s*;\s*", re.IGNORECASE | re.ASCII
)


def unwrapped(words: str) -> tuple[str | None, str]:
    """The host that refused, where it is named, and its words without what others put around them.

    Words that nobody wrapped come back as they are. At most 4 KiB are to be given.
    """
    if words.startswith("host ") and (found := _SAID.match(words)):
        return found[1], _unclosed(words[found.end() :], "")
    if words.startswith("connect to ") and (found := _UNREACHED.fullmatch(words)):
        return found[1].rstrip("."), words
    kind = _TYPE.match(words) if ";" in words else None
    if kind:
        words = words[kind.end() :]
    if not says(_HINTS, words):
        return None, words.strip()
    for hint, pattern in _WRAPPINGS:
        found = pattern.search(words) if hint in words else None
        if found and not says(_ABOUT_THE_SENDER, words[: found.start()]):
            host = found.groupdict().get("host") or _host_named(words[: found.start()])
            return host, _unclosed(words[found.end() :], "'" if found[0][-1:] == "'" else "")
    return _host_named(words), words.strip()


def _unclosed(words: str, quote: str) -> str:
    for closing in _CLOSINGS:
        at = words.rfind(closing, max(0, len(words) - 300))
        if at >= 0:
            words = words[:at]
    return words.strip().removesuffix(quote)


def _host_named(words: str) -> str | None:
    for hint, pattern in (("connect to ", _CONNECT), ("talking to ", _TALKING), (" by ", _REJECTED_BY)):
        found = pattern.search(words) if hint in words else None
        if found:
            return found[1].rstrip(".")
    return None
