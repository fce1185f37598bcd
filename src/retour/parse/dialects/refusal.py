"""Refusals in the form of a receipt: Sieve's reject (RFC 5429 §2.2) as an MDN, and Dovecot's full mailboxes.

Your message to <ann@example.org> was automatically rejected:
Quota exceeded (mailbox for user is full)
"""

from typing import Final

from retour.mime import Block
from retour.mime.encoded import decode_text
from retour.model import Kind, Report
from retour.parse.mailbox import addresses_in, original_address, typed_address
from retour.parse.notice import Notice
from retour.parse.phrases import says
from retour.parse.reply import report_of

# Cyrus, Dovecot and Exim write it in English; RFC 5429 has it "was refused by the recipient's mail filter".
_REFUSED: Final[tuple[str, ...]] = (
    *("automatically rejected", "automatically refused", "was rejected", "has been rejected", "was refused"),
    *("recipient refused", "refused by the recipient", "can not be delivered", "cannot be delivered"),
)
_LEADS: Final[tuple[str, ...]] = ("rejected:", "refused:", "reason was given:", "filtering program:")


def read_refusal(notice: Notice, mta: str | None) -> tuple[Report, ...]:
    """The bounce that a receipt is when a filter refused the mail; () for an ordinary receipt.

    An ordinary one says "deleted" too when its reader throws a mail away unread (RFC 8098 §3.2.6.2): what
    counts is that no person acted, and that the words say so.
    """
    receipt = notice.receipt
    if receipt is None or not says(_REFUSED, notice.plain()):
        return ()
    if b"automatic-action" not in receipt.value(b"disposition").lower():
        return ()
    recipient, original = _addressed(receipt)
    if recipient is None:
        recipient = next(iter(addresses_in(notice.words, 1)), None)
    return (
        report_of(
            Kind.BOUNCE,
            original or recipient,
            _given(notice),
            original=original,
            text=notice.words.strip(),
            mta=mta,
        ),
    )


def _addressed(receipt: Block) -> tuple[str | None, str | None]:
    """RFC 8098 §3.2.3, §3.2.4: the fields are those of a delivery report."""
    recipient = typed_address(decode_text(receipt.value(b"final-recipient")))[0]
    original = original_address(decode_text(receipt.value(b"original-recipient")))[0]
    return recipient, original


def _given(notice: Notice) -> str:
    """The reason that was given, on one line; all words when none is marked as one."""
    ends = [at + len(lead) for lead in _LEADS if (at := notice.low.find(lead)) >= 0]
    return " ".join(notice.words[min(ends, default=0) :].split())
