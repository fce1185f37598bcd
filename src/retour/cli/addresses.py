"""What `retour check-address` does: one address in, one answer out, at once, and it is forgotten."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from retour.cli.lines import ended, lines, standard_input
from retour.cli.terminal import safe
from retour.texts import catalogue
from retour.vet import DEFAULT, Facts
from retour.vet.screen import Screen

if TYPE_CHECKING:
    from retour.texts import Catalogue
    from retour.vet import Checked


def check(as_json: bool, language: str, known: Sequence[str] = ()) -> int:
    """Check the lines of standard input. The exit status: 0, whatever the addresses are worth.

    `known`: domains where the caller's mail arrives.
    """
    arrived = {name.strip().lower(): DEFAULT.known_real for name in known}
    screen = Screen(facts=Facts(delivered=arrived))
    return ended(lambda: _check(screen, as_json, catalogue(f"vet.{language}")), catalogue(language))


def _check(screen: Screen, as_json: bool, words: "Catalogue") -> int:
    out = sys.stdout
    for line in lines(standard_input()):
        # What is not UTF-8 has lost a letter, and is refused for that.
        checked = screen.check(line.rstrip(b"\r\n").decode("utf-8", "replace"))
        out.write(as_one_line(checked) if as_json else in_words(checked, words))
        out.flush()
    return 0


def as_one_line(checked: "Checked") -> str:
    """An answer as one line of JSON, for programs."""
    told = {
        "address": checked.address,
        "normalised": checked.normalised,
        "rfc": checked.rfc,
        "practical": checked.practical,
        "reasons": checked.reasons,
        "suggestion": checked.suggestion,
        "odds": checked.odds,
    }
    return json.dumps(told) + "\n"


def in_words(checked: "Checked", words: "Catalogue") -> str:
    """An answer in words, for a person."""
    verdict, rfc = words(f"practical.{checked.practical}"), words(f"rfc.{checked.rfc}")
    told = [words("line.address", address=safe(checked.address), practical=verdict, rfc=rfc)]
    for finding in checked.findings:
        reason = words(f"code.{finding.code}")
        evidence = finding.evidence
        if evidence is None:
            told.append(words("line.reason", reason=reason))
            continue
        on = f" {evidence.checked_at:%Y-%m-%d}" if evidence.checked_at else ""
        told.append(words("line.evidence", reason=reason, source=f"{evidence.source}{on}"))
    if checked.suggestion is not None:
        told.append(_suggested(checked, words))
    return "\n".join([*told, ""])


def _suggested(checked: "Checked", words: "Catalogue") -> str:
    meant = safe(checked.suggestion or "")
    if checked.odds is None:
        return words("line.bare", suggestion=meant)
    return words("line.suggestion", suggestion=meant, odds=f"{checked.odds:,.0f}")
