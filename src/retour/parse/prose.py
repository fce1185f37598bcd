"""Notices without a machine-readable part: an address and, near it, the words about it."""

from typing import Final

from retour.codes import codes_in, reply_in
from retour.model import Kind, Report
from retour.parse.bounds import BAD_ADDRESS, RECIPIENTS, TOO_MANY_RECIPIENTS, WORDS
from retour.parse.claims import NOT_RECIPIENTS, Claim, claims_in, source_in, without_sender
from retour.parse.dialects import aol, sendmail, session
from retour.parse.mailbox import addresses_in, one_address
from retour.parse.notice import Notice
from retour.parse.reply import report_of
from retour.parse.words import deciding

_LEAD: Final = 500  # characters before an address that may say what is wrong with it
_FROM: Final[tuple[str, ...]] = ("from", "from:", "return-path:", "message-id:")
_FROM_ALIAS: Final[tuple[str, ...]] = ("generated from", "expanded from", "expanded from:")


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


def _named_claims(notice: Notice) -> list[Claim]:
    """Where no line begins with an address: what a dialogue refused, else the address that may be meant."""
    bare = aol.named_in(notice.words, notice.low, notice.mail.head.text(b"from"))
    if bare:
        return [Claim(address, lead) for address, lead in bare]
    if session.COMMAND in notice.low and sendmail.BEGIN not in notice.low:
        spoken = session.refused_in(notice.words)
        if spoken:
            # Without an answer all words are about all of them: of many, the beginning is read for each.
            whole = notice.words if len(spoken) == 1 else notice.words[: max(_LEAD, WORDS // len(spoken))]
            return [_spoken(notice, address, answer or whole) for address, answer in spoken]
    return [Claim(address, _from(notice.words, address)) for address in named_in(notice)]


def _spoken(notice: Notice, address: str, words: str) -> Claim:
    """What a dialogue says about a recipient; about nobody where the command names no address."""
    if one_address(address) is None:
        notice.mail.note(BAD_ADDRESS)
        address = ""
    return Claim(address, words)


def named_in(notice: Notice) -> list[str]:
    """The addresses that may be meant when no line begins with one: the header's, the words', then To's."""
    stated = addresses_in(notice.mail.head.text(b"x-failed-recipients"))
    if stated:
        return stated
    ours = _ours(notice)
    named = addresses_in(notice.words, 10)
    found = [a for a in named if a.lower() not in ours and not NOT_RECIPIENTS.match(a)]
    found = [a for a in found if not _is_sender(a, notice.low)]
    to = addresses_in(notice.returned.text(b"to"), 2) if notice.returned else []
    meant = (
        [address for address in found if address in to] or _returned(found, notice) or _foreign(found, ours)
    )
    return meant[:1] or (to if len(to) == 1 else [])


def _is_sender(address: str, low: str) -> bool:
    """Whether the words name it first as whom the mail came from: "from <ann@example.org>"."""
    at = low.find(address.lower())
    line = low[max(0, at - 80, low.rfind("\n", 0, max(0, at)) + 1) : max(0, at)].strip(" \t<\"'")
    named = line.startswith("from:") or line.endswith(_FROM)
    return named and not line.endswith(_FROM_ALIAS)


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
    said, coded = deciding(without_sender(words))
    if alone and not coded:  # the reply may stand before the address
        elsewhere, coded = deciding(notice.words)
        words, said = (notice.words, elsewhere) if coded else (words, said)
    if alone and not coded:
        words, said = _with_lead(words, said, claim, notice)
    if session.COMMAND in notice.low:
        said = _answered(claim) or said
    host = None
    if claim.recipient and sendmail.BEGIN in notice.low:
        host, said = _transcribed(claim.recipient, said, notice)
    return report_of(
        kind,
        claim.recipient or None,
        said,
        original=source_in(claim.words),
        remote=host,
        text=words[:WORDS].strip(" :>\t\n"),
        mta=mta,
    )


def _transcribed(recipient: str, said: str, notice: Notice) -> tuple[str | None, str]:
    """The host and its words from Sendmail's transcript, where these tell more than "(reason: ...)" does."""
    code, status = codes_in(said)
    if code and status:
        return None, said
    host, reply = sendmail.said_about(recipient, notice.words, notice.low)
    if code and reply_in(reply) != code:
        return None, said
    return host, reply or said


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
