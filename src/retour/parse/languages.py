"""What notices of delivery say in the languages of the world; the phrases stand in languages.toml.

Texts are given in lower case with single spaces.
"""

from typing import Final

from retour.parse.phrases import phrases_of

_FILE: Final = "languages.toml"


def tells_failure(text: str) -> bool:
    """Whether a text says to its reader that mail was not delivered."""
    return phrases_of(_FILE).stand_in("failed", text)


def tells_refusal(text: str) -> bool:
    """Whether it says so in a server's terse words."""
    return phrases_of(_FILE).stand_in("server_failed", text)


def tells_delay(subject: str, words: str) -> bool:
    """Whether a subject or words say that delivery is still being tried.

    Not where people are told that nobody tries any more.
    """
    lists = phrases_of(_FILE)
    if lists.stand_in("server_delayed", words) or lists.stand_in("server_delayed", subject):
        return True
    if lists.stand_in("server_delayed_subject", subject):
        return True
    if not (lists.stand_in("delay_title", subject) or lists.stand_in("delayed", words)):
        return False
    return not (lists.stand_in("given_up", words) or lists.stand_in("given_up", subject))


def tells_delivery(text: str) -> bool:
    """Whether it says that mail was delivered, or relayed to where nobody reports."""
    lists = phrases_of(_FILE)
    return lists.stand_in("server_delivered", text) or lists.stand_in("delivered", text)


def speaks_of_mail(text: str) -> bool:
    """Whether it speaks of a mail or an address: parcels and payments are returned as well."""
    return "@" in text or phrases_of(_FILE).stand_in("mail", text)


def speaks_of_yours(text: str) -> bool:
    """Whether it speaks to the sender about the mail that he sent."""
    return phrases_of(_FILE).stand_in("yours", text)


def is_conditional(text: str) -> bool:
    """Whether it says what would happen, not what did."""
    return phrases_of(_FILE).stand_in("conditional", text)
