"""What notices of delivery say in the languages of the world; the phrases stand in languages.toml."""

from retour.parse.phrases import phrases_of

_FILE = "languages.toml"


def tells_failure(text: str) -> bool:
    """Whether a text in lower case with single spaces says that mail was not delivered."""
    return phrases_of(_FILE, "failed").stand_in(text)


def tells_delay(text: str) -> bool:
    """Whether it says that delivery is still being tried; not where it says that nobody tries any more."""
    if not phrases_of(_FILE, "delayed").stand_in(text):
        return False
    return not phrases_of(_FILE, "given_up").stand_in(text)


def tells_delivery(text: str) -> bool:
    """Whether it says that mail was delivered, or relayed to where nobody reports."""
    return phrases_of(_FILE, "delivered").stand_in(text)


def speaks_of_ours(text: str) -> bool:
    """Whether it speaks to the sender about the mail that he sent."""
    return phrases_of(_FILE, "ours").stand_in(text)
