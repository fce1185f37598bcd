"""Plain phrases in plain text: a chain of `in` is several times as fast as one pattern with many branches."""


def says(phrases: tuple[str, ...], text: str) -> bool:
    """Whether one of the phrases stands in a text of the same case."""
    for phrase in phrases:  # noqa: SIM110 - a third faster than any(), and asked of every mail
        if phrase in text:
            return True
    return False
