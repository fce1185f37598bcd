"""MAIL and RCPT as the next server is told them: our return address, the client's wishes (RFC 3461)."""

from retour.outlets.relay.link import Link
from retour.smtpd import Recipient, Reply
from retour.smtpd.commands import MailCommand
from retour.smtpd.message import T

NEEDS_EIGHT_BIT = Reply(554, "5.6.3", "The next mail server takes no 8BITMIME")  # RFC 6152 §3
NEEDS_UTF8 = Reply(553, "5.6.7", "The next mail server takes no SMTPUTF8")  # RFC 6531 §3.5


def unfit(mail: MailCommand, link: Link) -> Reply | None:
    """Why the next server cannot carry this message at all; None: it can."""
    if mail.smtputf8 and not link.has("SMTPUTF8"):
        return NEEDS_UTF8
    return NEEDS_EIGHT_BIT if mail.eight_bit and not link.has("8BITMIME") else None


def mail_line(mail: MailCommand, sender: str, envid: str | None, more: int, link: Link) -> bytes:
    """MAIL with `sender` in the place of the client's; `more`: octets that we add to its content."""
    words = [f"MAIL FROM:<{sender}>"]
    if mail.size and link.has("SIZE"):
        words.append(f"SIZE={mail.size + more}")
    if mail.eight_bit:
        words.append("BODY=8BITMIME")
    if mail.smtputf8:
        words.append("SMTPUTF8")
    if link.has("DSN"):
        words += ["RET=HDRS"] if mail.headers_only else []
        words += [f"ENVID={_xtext(envid)}"] if envid else []
    return " ".join(words).encode()


def rcpt_line(recipient: Recipient[T], link: Link) -> bytes:
    """RCPT with the client's NOTIFY, and whom it wrote to, so that a report of a later server names it."""
    words = [f"RCPT TO:<{recipient.address}>"]
    if link.has("DSN"):
        words += [f"NOTIFY={','.join(sorted(recipient.notify))}"] if recipient.notify else []
        original = recipient.original or f"rfc822;{recipient.address}"
        kind, _, address = original.partition(";")
        # RFC 6533 §3: what lies outside ASCII has a form of its own, which the client must have chosen
        if address.isascii() or recipient.original:
            words.append(f"ORCPT={kind};{_xtext(address)}")
    return " ".join(words).encode()


def _xtext(text: str) -> str:
    """RFC 3461 §4: printable ASCII as it is, but "+" and "="; what lies outside ASCII is left (RFC 6533)."""
    return "".join(f"+{ord(sign):02X}" if sign in "+=" or sign <= " " else sign for sign in text)
