"""Text of others made visible: controls and marks of direction stand as what they are (security.md §4)."""

import re

# Controls but line feed and tab, zero-width signs, marks of direction, and what else is seen as nothing.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def shown(text: str) -> str:
    """The text with everything visible, so that none passes for another. A line may end as on Windows."""
    return HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text.replace("\r\n", "\n"))
