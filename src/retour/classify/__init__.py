"""Report → verdict. The knowledge stands in rules/*.toml; the code here only reads it.

`classify` is pure: no clock, no I/O but the one reading of the packaged rules, no logging.
"""

from functools import cache

from retour.classify.rulebook import Rule, Rulebook
from retour.classify.rulefile import RuleError, packaged
from retour.classify.verdict import Classifier
from retour.model import Reading, Report, Verdict

__all__ = ["Classifier", "Rule", "RuleError", "Rulebook", "classifier", "classify", "packaged"]


@cache
def classifier() -> Classifier:
    """The classifier over the packaged rules, made once."""
    return Classifier(packaged())


def classify(report: Report, reading: Reading | None = None) -> Verdict:
    """The verdict on a report under the packaged rules; see `Classifier.classify`."""
    return classifier().classify(report, reading)
