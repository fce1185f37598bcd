"""Complaints: the Abuse Reporting Format (RFC 5965), and what of ours it bears (RFC 9477)."""

from typing import Final

from retour.mime import Block
from retour.mime.encoded import decode_text
from retour.model import Kind, Report
from retour.parse.bounds import WORDS
from retour.parse.mailbox import from_xtext, one_address, typed_address
from retour.parse.notice import Notice

# RFC 5965 §7.3; "opt-out" of older drafts; "xarf" of complaint feedback loops (RFC 9477)
_COMPLAINTS: Final[tuple[bytes, ...]] = (b"abuse", b"opt-out", b"opt-out-list", b"xarf", b"")

_TITLES: Final[tuple[str, ...]] = ("complaint about message from ", "client tos notification")


def read_feedback(notice: Notice) -> tuple[Kind, tuple[Report, ...]] | None:
    """The complaint and its recipients; kind other for not-spam, fraud, virus, auth-failure. None: no ARF."""
    if notice.feedback is None:
        return _old_form(notice)
    fields = notice.feedback
    named = fields.value(b"feedback-type").split(b"(")[0].strip().lower()
    kind = Kind.COMPLAINT if named in _COMPLAINTS else Kind.OTHER
    recipients = _recipients(fields) or [None]
    text = notice.words[:WORDS].strip()
    return kind, tuple(Report(kind, recipient, text=text) for recipient in recipients)


def _old_form(notice: Notice) -> tuple[Kind, tuple[Report, ...]] | None:
    # QUIRK: Hotmail's program forwards the mail without a report; it names the reader in a header of the
    # returned message (57-complaint-of-hotmail).
    # QUIRK: so did AOL's before it spoke ARF; it names nobody (113-complaint-of-old-aol).
    if notice.returned is None or notice.status or not notice.subject().startswith(_TITLES):
        return None
    reader = one_address(notice.returned.text(b"x-hmxmroriginalrecipient"))
    return Kind.COMPLAINT, (Report(Kind.COMPLAINT, reader, text=notice.words[:WORDS].strip()),)


def _recipients(fields: Block) -> list[str | None]:
    """Original-Rcpt-To (RFC 5965 §3.3), each once; redacted ones are no addresses and are left out."""
    stated = fields.values(b"original-rcpt-to") or fields.values(b"removal-recipient")
    # RFC 5965 §3.2 has no type before the address; some write one, as in a delivery report.
    addresses = (typed_address(decode_text(value))[0] for value in stated)
    return list(dict.fromkeys(address for address in addresses if address))


def token_told(fields: Block, returned: Block | None) -> str | None:
    """A token of ours that a complaint bears, whether genuine or not; None without one.

    Providers hide the recipient, but leave the headers that a sender asked to have back: CFBL-Feedback-ID
    (RFC 9477), or one part of Feedback-ID, whose parts are split by colons.
    """
    # Loaded for complaints alone: with it comes OpenSSL, which reading needs for nothing else.
    from retour.return_address import looks_like

    stated = [from_xtext(fields.text(b"original-envelope-id"))]  # RFC 5965 §3.2
    if returned is not None:
        stated += returned.text(b"cfbl-feedback-id").split(":") + returned.text(b"feedback-id").split(":")
    return next((each.strip() for each in stated if looks_like(each.strip())), None)
