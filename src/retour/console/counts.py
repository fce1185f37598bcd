"""Numbers of things as somebody types them: 1204, 1.204, 1,204 or 1 204, as the page itself writes them."""

import re

_WRITTEN = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:([.,'\u2019 \u00a0\u202f])[0-9]{3})(?:\1[0-9]{3}){0,3}")


def read_count(told: str | None) -> int:
    """The number; -1 for what is none."""
    written = (told or "").strip()
    return int(re.sub("[^0-9]", "", written)) if _WRITTEN.fullmatch(written) else -1
