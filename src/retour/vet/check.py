"""One address, checked: syntax, what the DNS said, lists, typos, own history, and what policy makes of it.

The walk is `vet`. It is told all facts and asks nobody.
"""

from retour import address
from retour.vet import decide
from retour.vet.facts import DEFAULT, UNTOLD, Facts, Policy
from retour.vet.findings import Checked, Finding
from retour.vet.syntax import Syntax, read


def vet(text: str, facts: Facts = UNTOLD, policy: Policy = DEFAULT) -> Checked:
    """What a string is worth as an address, by the facts that are told. No string raises anything."""
    syntax = read(text)
    normalised = _mailable(syntax)
    findings = (*map(Finding, syntax.codes), *facts.repairs, *facts.duplicates, *facts.history)
    if facts.dns is not None and syntax.domain is not None:
        findings = (*findings, decide.of_dns(facts.dns))
    verdict = decide.practical(syntax.rfc, normalised is not None, findings, facts, policy)
    return Checked(text, normalised, syntax.rfc, verdict, findings)


def _mailable(syntax: Syntax) -> str | None:
    """The address as Retour keeps it, None when it could never be mailed."""
    if syntax.local is None or syntax.domain is None:
        return None
    return address.normalise(f"{syntax.local}@{syntax.domain}")
