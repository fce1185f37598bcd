"""One server's words, as logs, reports and webhooks quote them: unwrapped, and turned into a report."""

import re
from typing import Final

from retour.codes import Codes, codes_in, is_vague, names_cause, status_in
from retour.instants import Instant
from retour.model import Action, Kind, Report
from retour.parse.bounds import WORDS
from retour.parse.mailbox import one_address
from retour.parse.wrapping import unwrapped

_RECIPIENT: Final = re.compile(
    r"\s*<([^<>\s]{3,320})>(?:\s?\((?:expanded|generated) from [^()]{1,330}\))?:\s"
)
_WILL_RETRY: Final = re.compile(
    r"will (?:be retried|retry|try again|keep trying|continue to (?:try|attempt))"
    r"|still (?:being retried|trying)|message (?:is )?(?:delayed|deferred)"
    r"|delivery (?:is |has been )?(?:delayed|temporarily suspended)",
    re.IGNORECASE,
)
_ACCEPTED: Final = re.compile(
    r"2[0-5]\d(?:[ -]+(?:2\.\d\.\d{1,3}\b|ok|accepted|queued|requested|<|message (?:acc|ok|que|rec))|$)",
    re.IGNORECASE,
)


def parse_reply(line: str) -> Report:
    """The report that one SMTP reply text makes; `line` may hold breaks, real ones or a literal "\\n".

    Kind is bounce unless the words say that delivery will be tried again, the server accepted
    (RFC 5321 §4.2.1: 2yz), or the refusal was Retour's own. Recipient is None unless the text begins with
    one ("<a@b>: host ..."). Never raises.
    """
    text = line[: 2 * WORDS].replace("\\r", "").replace("\\n", "\n")[:WORDS]
    words = " ".join(text.split())
    named = _RECIPIENT.match(words)
    recipient = one_address(named[1]) if named else None
    kind = Kind.DELAY if _WILL_RETRY.search(words) else Kind.BOUNCE
    said = words[named.end() :] if named else words
    if _ACCEPTED.match(said):
        return report_of(Kind.DELIVERED, recipient, said, action=Action.DELIVERED, text=words)
    return report_of(kind, recipient, said, text=words)


def report_of(
    kind: Kind,
    recipient: str | None,
    words: str,
    *,
    original: str | None = None,
    action: Action | None = None,
    status: str | None = None,
    remote: str | None = None,
    text: str = "",
    mta: str | None = None,
    at: Instant | None = None,
    final: str | None = None,
) -> Report:
    """A report on a recipient from a server's words (one line) and whatever else was stated about it."""
    host, said = unwrapped(words[:WORDS])
    reply, code = codes_in(said) if kind is not Kind.DELIVERED else accepted_in(said)
    told = code if code == status else telling_status(code, status)
    if text and text != said and (reply is None or tells_little(told)):
        more, detail = codes_in(text)
        if not tells_little(detail) and not is_for_good(detail, reply):
            code = detail
        reply = reply or more
        told = telling_status(code, status)
    if ("[" in text and "[retour:" in text) or "[retour:" in said:
        kind = Kind.SUPPRESSED  # [retour:stopped], [retour:held]: a refusal of our own that came back
    return Report(
        kind,
        recipient,
        original,
        action,
        told,
        reply,
        (continued(said, reply, code) if "-" in said else said) or None,
        remote or host,
        text[:WORDS],
        mta,
        at,
        final,
    )


def accepted_in(words: str) -> Codes:
    """The codes of a server that took the mail: its reply code begins with 2 (RFC 5321 §4.2.1)."""
    found = _ACCEPTED.match(words)
    return (found[0][:3], status_in(words)) if found else codes_in(words)


def telling_status(said: str | None, stated: str | None) -> str | None:
    """Which code counts: the server's own before Status, unless only the other one names a cause."""
    if said == stated:
        return said
    if is_vague(said) or (not names_cause(said) and names_cause(stated)):
        return stated if stated and not is_vague(stated) else said or stated
    return said


def tells_little(status: str | None) -> bool:
    """Whether an enhanced code leaves the cause open: none, x.0.0, or only that time ran out (x.4.7)."""
    return is_vague(status) or (status is not None and status.endswith(".4.7"))


def is_for_good(status: str | None, reply: str | None) -> bool:
    """Whether a code says more than the reply it is to explain, which was temporary (RFC 3463 §2).

    QUIRK: Sendmail's transcript goes on with "554 5.5.1 No valid recipients" (692-sendmail-try-later).
    """
    return status is not None and reply is not None and status[0] == "5" and reply[0] == "4"


def continued(words: str, reply: str | None, status: str | None) -> str:
    """A multi-line reply as one sentence: the code once, not before every line (RFC 5321 §4.2.1)."""
    if not reply or "-" not in words or f"{reply}-" not in words:
        return words
    code = re.escape(status) if status else r"[245]\.\d\.\d{1,3}"
    # The first digit before the look-behind, so that the search can skip to it.
    again = re.compile(rf"{reply[0]}(?<=\s.){reply[1:]}[ -](?:{code}\s+)?")
    first = words.find(reply) + 3
    return words[:first] + again.sub("", words[first:])
