"""Plain phrases in plain text: nothing to escape, nothing to backtrack."""


def says(phrases: tuple[str, ...], text: str) -> bool:
    """Whether one of the phrases stands in a text of the same case."""
    for phrase in phrases:  # noqa: SIM110 - any() takes half as long again, and this is asked of every mail
        if phrase in text:
            return True
    return False
