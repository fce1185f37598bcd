"""Notices without a machine-readable part: an address and, near it, the words about it."""

import re
from typing import NamedTuple

from retour.codes import codes_in
from retour.model import Kind, Report
from retour.parse.bounds import RECIPIENTS, TOO_MANY_RECIPIENTS, WORDS
from retour.parse.dialects import aol, sendmail, session
from retour.parse.mailbox import addresses_in, one_address
from retour.parse.notice import Notice
from retour.parse.reply import report_of
from retour.parse.words import deciding

# What stands before "did not reach the following recipient(s)" is about the original, not the failure:
# Exchange writes To, Subject and Sent of it there.
_LEAD_IN = re.compile(
    r"(?:following|these|its)\s+(?:[\w/()]{1,20}\s+){0,3}"
    r"(?:recipient|address|user|mailbox|person|group|destination)"
)
# A line that begins with an address: bare, in brackets, as a bullet; then nothing, a colon, dots or words.
_CLAIM = re.compile(
    r"(?P<indent>[ \t>]{0,12})[*-]{0,3}[ \t]{0,4}"
    r"(?:(?:To|Recipients?|Address|Rcpt-To|E-?mail)\s?:[ \t]{0,8})?"
    r"[<\"']?(?P<address>[^\s<>()\[\]:;,\"@：，；（）]{1,128}@[\w.-]{1,255}[\w\]])[>\"']?"
    r"(?:<mailto:[^<>\s]{1,400}>)?"  # QUIRK: the links of Exchange's HTML, written out (19-m365-ndr)
    r"(?=[ \t]*(?:$|:|\.\.\.|\(|,|-|;|\s))",
    re.MULTILINE | re.IGNORECASE,
)
# A line that ends with one behind a few words: "Unknown user: a@b", "undeliverable to a@b".
_LABELLED = re.compile(
    r"(?P<indent>)(?P<label>[ \t]{0,8}(?!from|mail from|cc|reply|sender|contact|return)"
    r"[^\W\d_][^\n@<>]{2,80}?(?:[:：]|\bto|\bfor)[ \t]{1,8})"
    r"[<\"']?(?P<address>[^\s<>()\[\]:;,\"@：，；（）]{1,128}@[\w.-]{1,255}[\w\]])[>\"']?\.?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
# Notices show the head of the mail that failed: who sent it is named there, in the reader's language.
_SENDER = re.compile(
    r"sender|\bfrom ?:|absender|\bvon\b|expéditeur|\bde ?:|remitente|remetente|mittente|\bda ?:|afzender"
    r"|\bvan ?:"
    r"|nadawca|odesílatel|отправител|\bот ?:|відправник|gönderen|avsändare|afsender|avsender|lähettäjä"
    r"|差出人|送信者|发件人|寄件者|보낸",
    re.IGNORECASE,
)
_LEAD = 500  # characters before an address that may say what is wrong with it
_SOURCE = re.compile(r"\((?:expanded|generated) from:?\s+<?([^\s<>()]{3,320})>?\)")
_NOT_RECIPIENTS = re.compile(
    r"(?:postmaster|mailer-daemon|abuse|support|helpdesk|no-?reply|hostmaster|webmaster|admin\w{0,20})@",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """What the words say about one recipient."""

    recipient: str
    words: str


def read_prose(notice: Notice, kind: Kind, mta: str | None) -> tuple[Report, ...]:
    """A report for each recipient that the words name; without any, one for the returned message's To."""
    claims = _claims(notice) or _named_claims(notice)
    if not claims:
        claims = [Claim("", notice.words)]
    elif len(claims) > RECIPIENTS:
        notice.mail.note(TOO_MANY_RECIPIENTS)
        claims = claims[:RECIPIENTS]
    return tuple([_report(kind, claim, notice, len(claims) == 1, mta) for claim in claims])


def _claims(notice: Notice) -> list[Claim]:
    """The claims of the words, without those about our own side where others are left."""
    words, low = notice.words, notice.low
    begin = low.find(sendmail.BEGIN)
    # Sendmail lists whom it is about, then shows the sessions: what was said to one stands there by name.
    claims = claims_in(words[:begin], low[:begin]) if begin > 0 else []
    claims = claims or claims_in(words, low)
    if len(claims) > 1:
        ours = _ours(notice)
        claims = [claim for claim in claims if claim.recipient.lower() not in ours] or claims
    return claims


def _ours(notice: Notice) -> str:
    """Where addresses of the sender's own side stand, in lower case: the reader's, and the mail's senders."""
    head, returned = notice.mail.head, notice.returned
    sent = f"{returned.text(b'from')} {returned.text(b'return-path')}" if returned else ""
    return f"{head.text(b'to')} {notice.sender()} {sent}".lower()


def claims_in(text: str, low: str) -> list[Claim]:
    """One for each address that begins a line, with all that is said up to the next one."""
    lead = _LEAD_IN.search(low)
    starts = _starts(_CLAIM, text, lead.end()) if lead else []
    starts = starts or _starts(_CLAIM, text, 0) or _starts(_LABELLED, text, 0)
    claims: dict[str, Claim] = {}
    for index, match in enumerate(starts):
        stop = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        begin = match.end() if match.re is _CLAIM else match.start()
        address, words = match["address"], text[begin : min(stop, begin + WORDS)]
        known = claims.get(address.lower())
        claims[address.lower()] = (
            Claim(known.recipient, known.words + "\n\n" + words) if known else Claim(address, words)
        )
    return list(claims.values())


def _starts(pattern: re.Pattern[str], text: str, start: int) -> list[re.Match[str]]:
    """The lines that begin with an address; not those that go on about one in a deeper indentation."""
    starts: list[re.Match[str]] = []
    indent = 0
    at = text.find("@", start)
    while at >= 0 and len(starts) <= RECIPIENTS:
        begin = max(start, text.rfind("\n", start, at) + 1)
        match = pattern.match(text, begin)
        if match and one_address(match["address"]) and not _is_contact(match):
            inside = starts and len(match["indent"]) > indent and text[begin - 2 : begin] != "\n\n"
            if not inside:
                starts.append(match)
                indent = len(match["indent"])
        line_end = text.find("\n", at)
        at = text.find("@", line_end) if line_end >= 0 else -1
    return starts


def _is_contact(match: re.Match[str]) -> bool:
    """Whether a line like "System Contact: postmaster@example.org" names nobody who was written to."""
    if match.re is not _LABELLED:
        return False
    label = match["label"].strip()
    named = len(label) <= 45 and label.endswith((":", "：")) and _SENDER.search(label)
    return bool(named or _NOT_RECIPIENTS.match(match["address"]))


def _named_claims(notice: Notice) -> list[Claim]:
    """Where no line begins with an address: what a dialogue refused, else the address that may be meant."""
    bare = aol.named_in(notice.words, notice.low, notice.mail.head.text(b"from"))
    if bare:
        return [Claim(address, lead) for address, lead in bare]
    if session.COMMAND in notice.low and sendmail.BEGIN not in notice.low:
        spoken = session.refused_in(notice.words)
        if spoken:
            return [Claim(address, answer or notice.words) for address, answer in spoken]
    return [Claim(address, _from(notice.words, address)) for address in named_in(notice)]


def named_in(notice: Notice) -> list[str]:
    """The addresses that may be meant when no line begins with one: the header's, the words', then To's."""
    stated = addresses_in(notice.mail.head.text(b"x-failed-recipients"))
    if stated:
        return stated
    ours = _ours(notice)
    found = [
        a for a in addresses_in(notice.words, 10) if a.lower() not in ours and not _NOT_RECIPIENTS.match(a)
    ]
    to = addresses_in(notice.returned.text(b"to"), 2) if notice.returned else []
    meant = (
        [address for address in found if address in to] or _returned(found, notice) or _foreign(found, ours)
    )
    return meant[:1] or (to if len(to) == 1 else [])


def _returned(found: list[str], notice: Notice) -> list[str]:
    """Those that stand in the head of the returned message: "for <ann@example.org>" in Received."""
    low = notice.returned.low.decode("latin-1") if notice.returned and len(found) > 1 else ""
    return [address for address in found if address.lower() in low]


def _foreign(found: list[str], ours: str) -> list[str]:
    """Those of other domains than ours, before ours."""
    return sorted(found, key=lambda address: address[address.rfind("@") :].lower() in ours)


def _from(text: str, address: str) -> str:
    """The words from the line that names the address on; all of them when none does."""
    at = text.lower().find(address.lower())
    return text[text.rfind("\n", 0, at) + 1 :] if at >= 0 else text


def _report(kind: Kind, claim: Claim, notice: Notice, alone: bool, mta: str | None) -> Report:
    words = claim.words[:WORDS]
    said, coded = deciding(_without_sender(words))
    if alone and not coded:  # the reply may stand before the address
        elsewhere, coded = deciding(notice.words)
        words, said = (notice.words, elsewhere) if coded else (words, said)
    if alone and not coded:
        words, said = _with_lead(words, said, claim, notice)
    said = _answered(claim) or said
    host = None
    if claim.recipient and sendmail.BEGIN in notice.low and not codes_in(said).reply:
        host, reply = sendmail.said_about(claim.recipient, notice.words, notice.low)
        said = reply or said
    source = _SOURCE.search(claim.words)
    return report_of(
        kind,
        claim.recipient or None,
        said,
        original=one_address(source[1]) if source else None,
        remote=host,
        text=words[:WORDS].strip(" :>\t\n"),
        mta=mta,
    )


def _with_lead(words: str, said: str, claim: Claim, notice: Notice) -> tuple[str, str]:
    """Words and saying with the paragraph before the address: "The following users are unknown:", <a@b>."""
    at = notice.low.find(claim.recipient.lower()) if claim.recipient else -1
    line = notice.words.rfind("\n", 0, at) if at > 0 else 0
    before = notice.words[max(0, line - _LEAD) : max(0, line)].rstrip()
    lead = before[before.rfind("\n\n") + 1 :].strip()
    if not lead.endswith((":", "：")):
        return words, said
    empty = len(said.replace(claim.recipient, "")) < 10  # brackets and the name of a protocol
    return f"{words}\n\n{lead}", " ".join(lead.split()) if empty else said


def _answered(claim: Claim) -> str:
    """The answer that a dialogue shows for this recipient; "" when none is shown."""
    if not session.shows_command(claim.words):
        return ""
    answers = {address.lower(): answer for address, answer in session.refused_in(claim.words)}
    return answers.get(claim.recipient.lower(), "")


def _without_sender(words: str) -> str:
    """The words without lines that name the sender of the mail: they are about no failure."""
    if words.count("@") < 2:
        return words
    return "\n".join(line for line in words.split("\n") if not _names_sender(line))


def _names_sender(line: str) -> bool:
    label = line[:45].partition("@")[0].replace("：", ":").rpartition(":")[0]
    return bool(label) and "@" in line and _SENDER.search(label + ":") is not None
