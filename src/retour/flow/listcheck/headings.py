"""What the columns of lists are called by people and programs."""

import re
from collections.abc import Sequence

# What people and programs call the column, without its signs; the order is that of preference.
_NAMES = (
    *("email", "emailaddress", "emailadresse", "mailadresse", "mailaddress", "mail", "emails", "mails"),
    *("subscriberemail", "contactemail", "useremail", "primaryemail", "emailprimary", "email1", "emailwork"),
    *("workemail", "privateemail", "emailprivate", "emailprivat", "emailgeschaeftlich", "emailgeschäftlich"),
    *("adresse", "address", "recipient", "empfaenger", "empfänger", "kontakt", "courriel", "correo"),
    *("correoelectronico", "correoelectrónico", "indirizzoemail", "posta", "eposta", "epost", "sähköposti"),
    *("почта", "электроннаяпочта", "email地址", "メールアドレス"),
)
# What the columns of a person's name are called; a column "name" may hold anything, and is none of them.
FIRST_NAMES = frozenset(
    ("firstname", "first", "givenname", "forename", "fname", "vorname", "rufname", "prénom", "prenom")
)
LAST_NAMES = frozenset(
    (
        *("lastname", "last", "surname", "familyname", "lname", "nachname", "familienname", "zuname"),
        *("nomdefamille", "apellido", "apellidos", "cognome"),
    )
)
OURS = "retour"  # how the columns begin that a check puts before a list's own
RANK = {name: rank for rank, name in enumerate(_NAMES)}
_NO_SIGNS = re.compile(r"[\W_]+")


def bare(name: str) -> str:
    """The name of a column without its signs, as it is compared."""
    return _NO_SIGNS.sub("", name.lower())


def names_addresses(record: Sequence[str]) -> bool:
    """Whether a record has the name of a column of addresses."""
    return any(bare(cell) in RANK for cell in record)
