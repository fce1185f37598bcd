"""What speaks against a verdict, in words."""

from retour.console.pages.shown import shown
from retour.texts import catalogue


def contradiction(conflict: str, language: str) -> str:
    """One contradiction as `classify` writes it, with its reason named. Of others' text all is visible."""
    label, say = catalogue(f"status.{language}"), catalogue(f"console.{language}")
    what, says, reason = conflict.rpartition(" says ")
    if not says or f"label.{reason}" not in label:
        return shown(conflict)
    kind, _, rest = what.partition(" ")
    named = say(f"conflict.{kind}", what=rest) if kind in ("status", "text") else what
    return say("conflict.says", what=shown(named), reason=label(f"label.{reason}"))
