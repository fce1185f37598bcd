"""Many addresses under one policy: what holds for a domain is worked out once, and told to all its rows.

The same answers as `vet`, sooner: a row that looks as most do costs a pattern and a few look-ups. All others
take the long way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from retour.address import PROVIDERS, normalise
from retour.vet import lists
from retour.vet.check import REMNANTS, is_remnant, vet
from retour.vet.facts import DEFAULT, UNTOLD, Dns, Facts, Policy
from retour.vet.findings import Checked, Code, Finding, Practical, Rfc
from retour.vet.syntax import LONGEST_LOCAL, PLAIN
from retour.vet.tables import refused_signs, signs_refused
from retour.vet.typos import Speller

_MOST_DOMAINS = 1_000_000  # whose verdicts are kept
_SAFE = 180  # signs of a row for which any suggestion is short enough, whatever it is
# A local part that no list knows: stands for all such when a domain is judged.
_NOBODY = "x0.y0"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all plain rows of one domain have in common that are alike before the @."""

    domain: str
    rfc: Rfc
    practical: Practical
    codes: tuple[Code, ...]
    findings: tuple[Finding, ...]
    suggestion: str | None = None  # the domain that was probably meant
    odds: float | None = None
    mailable: bool = True
    folded: bool = False  # a provider's rule normalises local parts here


class Screen:
    """Checks addresses one by one, under one policy and with one set of facts about domains.

    `dns` may be filled while rows are checked; `forget` then has a domain judged anew.
    """

    def __init__(
        self,
        policy: Policy = DEFAULT,
        facts: Facts = UNTOLD,
        dns: Mapping[str, Dns] | None = None,
        most_domains: int = _MOST_DOMAINS,
    ) -> None:
        self._most = most_domains
        self._policy, self._facts, self._dns = policy, facts, {} if dns is None else dns
        self._speller = Speller(facts.delivered, policy.known_real)
        self._verdicts: dict[str, Verdict] = {}
        self._suspect = lists.suspects(policy)
        self._signs = frozenset((*signs_refused(), *REMNANTS))

    def plain(self, text: str) -> Verdict | None:
        """What holds for a row that looks as most do, None for one that has to go the long way."""
        found = PLAIN(text)
        if found is None or len(text) > _SAFE:
            return None
        local, domain = found.groups()
        if len(local) > LONGEST_LOCAL or self._is_odd(local, domain):
            return None
        if self._suspect(local):
            return self._verdict(local, domain)
        return self._verdicts.get(domain) or self._judged(domain)

    def _is_odd(self, local: str, domain: str) -> bool:
        if self._signs.isdisjoint(local):
            return False
        return is_remnant(local) or refused_signs(domain.lower()) != ""

    def check(self, text: str, facts: Facts | None = None) -> Checked:
        """What a string is worth as an address. `facts`: more than holds for all rows, in place of that."""
        if facts is None:
            verdict = self.plain(text)
            if verdict is not None:
                return _checked(text, verdict)
        return self._fully(text, facts)

    def forget(self, domain: str) -> None:
        """Judge a domain anew when it comes again: more has become known about it."""
        self._verdicts.pop(domain, None)

    def _fully(self, text: str, facts: Facts | None = None) -> Checked:
        told = facts or self._facts
        if told.dns is None and self._dns:
            known = self._dns.get(text.rpartition("@")[2].lower())
            if known is not None:
                told = replace(told, dns=known)
        return vet(text, told, self._policy, self._speller)

    def _judged(self, domain: str) -> Verdict:
        if len(self._verdicts) >= self._most:
            self._verdicts.clear()
        verdict = self._verdicts[domain] = self._verdict(_NOBODY, domain)
        return verdict

    def _verdict(self, local: str, domain: str) -> Verdict:
        checked = self._fully(f"{local}@{domain}")
        meant = None if checked.suggestion is None else checked.suggestion.rpartition("@")[2]
        name = domain.lower()
        return Verdict(
            name,
            checked.rfc,
            checked.practical,
            checked.reasons,
            checked.findings,
            meant,
            checked.odds,
            checked.normalised is not None,
            name in PROVIDERS,
        )


def _checked(text: str, verdict: Verdict) -> Checked:
    """The answer for one row out of what holds for its like."""
    local = text.rpartition("@")[0]
    written: str | None = f"{local}@{verdict.domain}"
    if verdict.folded or not verdict.mailable:
        written = normalise(text) if verdict.mailable else None
    meant = None if verdict.suggestion is None else f"{local}@{verdict.suggestion}"
    return Checked(text, written, verdict.rfc, verdict.practical, verdict.findings, meant, verdict.odds)
