"""The groups of fields in a machine-readable report (RFC 3464 §2.1, RFC 5965 §3)."""

import re
from collections.abc import Mapping
from typing import Final

from retour import swift

Fields = Mapping[str, str]
"""Values by lower-case name; of a name that is repeated, the first."""

# How servers write the names; all else is put in lower case each time.
_NAMES: Final = {
    name: name.lower()
    for name in (
        *("Reporting-MTA", "X-Postfix-Queue-ID", "X-Postfix-Sender", "Arrival-Date", "Original-Envelope-Id"),
        *("Received-From-MTA", "Final-Recipient", "Original-Recipient", "Action", "Status", "Remote-MTA"),
        *(
            "Diagnostic-Code",
            "Last-Attempt-Date",
            "Will-Retry-Until",
            "X-Display-Name",
            "X-Supplementary-Info",
        ),
    )
}
_GOES_ON: Final = re.compile(r"[45]\d\d[ -]", re.ASCII)
_FOLDED: Final = re.compile(r"\n[ \t]+(?=\S)")
_groups_of: Final = swift.groups_of if swift.IN_C else None


def groups_of(text: str) -> list[dict[str, str]]:
    """The groups between blank lines, in order; the first is about the message. At least one, maybe empty."""
    if _groups_of is not None:
        found = _groups_of(text)
        if found is not None:
            return found
    if "\n " in text or "\n\t" in text:
        text = _FOLDED.sub(" ", text)  # RFC 3464 §2.1.1: folded as headers are
    groups: list[dict[str, str]] = []
    group: dict[str, str] = {}
    for line in text.split("\n"):
        if line[:1] in ("4", "5") and "diagnostic-code" in group and _GOES_ON.match(line):
            # QUIRK: nullmailer does not fold the lines of a reply (777-nullmailer-three-lines).
            group["diagnostic-code"] += f" {line}"
            continue
        name, colon, value = line.partition(":")
        if colon:
            name = _NAMES[name] if name in _NAMES else name.rstrip().lower()
            if name not in group:
                group[name] = value.strip()
            elif name == "final-recipient":
                # QUIRK: some servers leave out the blank line between recipients (25-no-blank-lines).
                groups.append(group)
                group = {name: value.strip()}
        elif group and not line.strip():
            groups.append(group)
            group = {}
    groups.append(group)
    return groups
