"""Lures: mail that looks like a notice of delivery, to make its reader follow a link."""

import re
from typing import Final

from retour.codes import reply_in
from retour.parse.mailbox import addresses_in
from retour.parse.notice import Notice

# What no mail server writes beside a link, unless in a reply of its own: that has a code.
_PASSWORD: Final = re.compile(
    r"password|passwort|kennwort|mot de passe|contraseña|\bsenha\b|wachtwoord|\bhasł|парол|パスワード|密码"
)


def is_lure(notice: Notice) -> bool:
    """Whether a notice with a link returns nothing, has no reply, and names only its reader or a login."""
    if notice.returned is not None or notice.mail.head.has(b"x-failed-recipients"):
        return False
    if not offers_link(notice):
        return False
    if names_another(notice) and _PASSWORD.search(notice.low) is None:
        return False
    return reply_in(notice.plain()) is None


def names_another(notice: Notice) -> bool:
    """Whether the words name somebody else than the reader."""
    readers = tuple(address.lower() for address in addresses_in(notice.mail.head.text(b"to"), 5))
    found = (address.lower() for address in addresses_in(notice.words, 5))
    # An address within a link is that of whoever is to follow it.
    return any("//" not in address and not address.endswith(readers) for address in found)


def offers_link(notice: Notice) -> bool:
    """Whether there is anything to follow, also behind the words of an HTML part."""
    if "http" in notice.low:
        return True
    return any(part.type == b"text/html" and b"href" in part.body().lower() for part in notice.mail.parts)
