"""What policy makes of the findings: send, warn or reject.

What may reject is a short list, because a contact that is dropped wrongly is lost: a string that is no
address, a domain that certainly takes no mail, and the account's own suppression. All else warns or
informs.
"""

from retour.vet.facts import Dns, Facts, Policy
from retour.vet.findings import Answer, Code, Evidence, Finding, Practical, Rfc

# Against the letter of the standard, and in use: RFC 5321 §4.5.3.1.1 (local parts of ticket systems and
# relays), RFC 952 (names with "_"), §3.4.1 of RFC 5322 (dots of Japanese mobile telephones).
_TOLERATED = frozenset((Code.LOCAL_LONG, Code.BAD_LABEL, Code.DOT_TOLERATED))
_FATAL = frozenset(
    {
        *(Code.EMPTY, Code.NO_AT, Code.SEVERAL_AT, Code.LOCAL_EMPTY, Code.DOMAIN_EMPTY, Code.BAD_CHAR),
        *(Code.CONTROL_CHAR, Code.UNBALANCED, Code.DOT_MISPLACED, Code.TOO_LONG, Code.BAD_LITERAL),
        Code.BAD_PUNYCODE,
    }
)
_INFORMS = frozenset(
    {
        *(Code.NEEDS_SMTPUTF8, Code.MX, Code.IMPLICIT_A, Code.SERVFAIL, Code.TIMEOUT, Code.FREE),
        *(Code.DELIVERED, Code.DUP_EXACT, Code.DUP_CASE, Code.DUP_NFC, Code.DUP_PROVIDER),
        *(Code.PROBE_UNKNOWN, Code.EXT_UNKNOWN, Code.BOM, Code.ENCODING_GUESSED, Code.NAME_PART),
        *(
            Code.MAILTO,
            Code.SEVERAL_IN_CELL,
            Code.INVISIBLE_CHAR,
            Code.AT_SPELLED,
            Code.QUOTES,
            Code.OTHER_COLUMN,
        ),
    }
)
_RUNS_TO_BELIEVE = 2  # separate runs that must say that a name does not exist

_TAKES_MAIL = {
    Code.MX: Answer.YES,
    Code.IMPLICIT_A: Answer.YES,
    Code.NULL_MX: Answer.NO,
    Code.NODATA: Answer.NO,
    Code.NXDOMAIN: Answer.NO,
    Code.BAD_IP: Answer.NO,
    Code.SERVFAIL: Answer.UNKNOWN,
    Code.TIMEOUT: Answer.UNKNOWN,
}


def practical(
    rfc: Rfc, mailable: bool, findings: tuple[Finding, ...], facts: Facts, policy: Policy
) -> Practical:
    """What to do with an address, by all that was found about it."""
    codes = {finding.code for finding in findings}
    if not mailable or (rfc is Rfc.INVALID and (codes & _FATAL or not codes & _TOLERATED)):
        return Practical.REJECT
    if Code.DOTLESS in codes and not policy.allow_dotless:
        return Practical.REJECT
    if Code.SUPPRESSED in codes or (facts.dns is not None and takes_no_mail(facts.dns)):
        return Practical.REJECT
    quiet = _INFORMS | ({Code.DOTLESS} if policy.allow_dotless else set())
    if policy.allow_special_use and Code.SPECIAL_USE in codes:
        quiet |= {Code.SPECIAL_USE, Code.TLD_UNKNOWN}
    return Practical.WARN if codes - quiet else Practical.SEND


def takes_no_mail(dns: Dns) -> bool:
    """Whether the DNS has said for certain that a domain takes no mail."""
    if dns.state is Code.NXDOMAIN:
        return dns.runs >= _RUNS_TO_BELIEVE
    return dns.state in (Code.NULL_MX, Code.BAD_IP)


def of_dns(dns: Dns) -> Finding:
    """What the DNS said, as a finding with its date."""
    answer = _TAKES_MAIL.get(dns.state, Answer.UNKNOWN)
    if dns.state is Code.NXDOMAIN and not takes_no_mail(dns):
        answer = Answer.UNKNOWN
    return Finding(dns.state, Evidence("dns", answer, dns.source, dns.checked_at, dns.expires_at))
