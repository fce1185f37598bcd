"""What a check of an address finds: reason codes, the evidence behind each, and two verdicts.

A result is not one word. `Rfc` says what the standards make of the string, `Practical` what one should do
with it, and each reason says why. Codes are stable: published once, never re-used and never re-meant; what
people read about them stands in texts/vet.*.toml under the same names.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Rfc(StrEnum):
    """What the standards say about the string (RFC 5321, 5322, 6531, 5891)."""

    VALID = "valid"
    UNUSUAL = "unusual"  # the standard allows it, hardly anybody uses it
    OBSOLETE = "obsolete"  # must be read and must not be written (RFC 5322 §4)
    INVALID = "invalid"


class Practical(StrEnum):
    """What to do with the address."""

    SEND = "send"
    WARN = "warn"
    REJECT = "reject"


class Answer(StrEnum):
    """Evidence has three values: unknown is a full answer, and never turns into no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Family(StrEnum):
    """What kind of thing a reason is about."""

    SYNTAX = "syntax"
    DOMAIN = "domain"
    TYPO = "typo"
    LISTS = "lists"
    DUPLICATE = "duplicate"
    HISTORY = "history"
    REPAIR = "repair"
    PROBE = "probe"
    EXTERNAL = "external"


class Code(StrEnum):
    """Why a row is as it is. `FAMILY` says where each belongs."""

    EMPTY = "empty"
    NO_AT = "no_at"
    SEVERAL_AT = "several_at"
    LOCAL_EMPTY = "local_empty"
    DOMAIN_EMPTY = "domain_empty"
    BAD_CHAR = "bad_char"
    CONTROL_CHAR = "control_char"
    SPACE = "space"
    UNBALANCED = "unbalanced"
    DOT_MISPLACED = "dot_misplaced"
    DOT_TOLERATED = "dot_tolerated"
    LOCAL_LONG = "local_long"
    TOO_LONG = "too_long"
    QUOTED_LOCAL = "quoted_local"
    COMMENT = "comment"
    OBSOLETE_FORM = "obsolete_form"
    ADDRESS_LITERAL = "address_literal"
    BAD_LITERAL = "bad_literal"
    DOTLESS = "dotless"
    NEEDS_SMTPUTF8 = "needs_smtputf8"
    ODD_SIGN = "odd_sign"

    BAD_LABEL = "bad_label"
    BAD_PUNYCODE = "bad_punycode"
    MIXED_SCRIPT = "mixed_script"
    SPECIAL_USE = "special_use"
    TLD_UNKNOWN = "tld_unknown"
    MX = "mx"
    IMPLICIT_A = "implicit_a"
    NULL_MX = "null_mx"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    TIMEOUT = "timeout"
    BAD_IP = "bad_ip"

    TYPO_DOMAIN = "typo_domain"
    TYPO_TLD = "typo_tld"
    TYPO_LOCAL = "typo_local"
    SQUAT = "squat"

    DISPOSABLE = "disposable"
    PRIVACY_RELAY = "privacy_relay"
    ROLE = "role"
    FREE = "free"
    TRAP_LIKE = "trap_like"

    DUP_EXACT = "dup_exact"
    DUP_CASE = "dup_case"
    DUP_NFC = "dup_nfc"
    DUP_PROVIDER = "dup_provider"

    SUPPRESSED = "suppressed"
    BOUNCED_HARD = "bounced_hard"
    BOUNCED_SOFT = "bounced_soft"
    COMPLAINED = "complained"
    DELIVERED = "delivered"

    BOM = "bom"
    ENCODING_GUESSED = "encoding_guessed"
    NAME_PART = "name_part"
    MAILTO = "mailto"
    SEVERAL_IN_CELL = "several_in_cell"
    INVISIBLE_CHAR = "invisible_char"
    AT_SPELLED = "at_spelled"
    QUOTES = "quotes"
    OTHER_COLUMN = "other_column"

    PROBE_NO = "probe_no"
    PROBE_CATCH_ALL = "probe_catch_all"
    PROBE_UNKNOWN = "probe_unknown"

    EXT_NO = "ext_no"
    EXT_RISKY = "ext_risky"
    EXT_UNKNOWN = "ext_unknown"


# The first code of each family, in the order above.
_FIRST = {
    Code.EMPTY: Family.SYNTAX,
    Code.BAD_LABEL: Family.DOMAIN,
    Code.TYPO_DOMAIN: Family.TYPO,
    Code.DISPOSABLE: Family.LISTS,
    Code.DUP_EXACT: Family.DUPLICATE,
    Code.SUPPRESSED: Family.HISTORY,
    Code.BOM: Family.REPAIR,
    Code.PROBE_NO: Family.PROBE,
    Code.EXT_NO: Family.EXTERNAL,
}


def _families() -> dict[Code, Family]:
    family = Family.SYNTAX
    table = {}
    for code in Code:
        family = _FIRST.get(code, family)
        table[code] = family
    return table


FAMILY = _families()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was asked, what the answer was, who gave it, when, and until when it holds."""

    check: str
    answer: Answer
    source: str
    checked_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, with what speaks for it. Syntax needs no evidence but the string itself."""

    code: Code
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was probably meant: a domain, a local part or a whole address.

    odds: to one, against its being meant as it stands.
    """

    text: str
    odds: float
    kind: Code  # TYPO_DOMAIN, TYPO_TLD, TYPO_LOCAL or SQUAT


@dataclass(frozen=True, slots=True)
class Checked:
    """An address, checked. `normalised` is None for what could not be mailed."""

    address: str
    normalised: str | None
    rfc: Rfc
    practical: Practical
    findings: tuple[Finding, ...] = ()
    suggestion: str | None = None  # a whole address, never applied without consent
    odds: float | None = None

    @property
    def reasons(self) -> tuple[Code, ...]:
        """The codes of the findings, in their order, each once."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))
