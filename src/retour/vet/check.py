"""One address, checked: syntax, what the DNS said, lists, typos, own history, and what policy makes of it.

The walk is `vet`. It is told all facts and asks nobody.
"""

import html
import re
from urllib.parse import unquote

from retour import address
from retour.vet import decide, lists
from retour.vet.facts import DEFAULT, UNTOLD, Facts, Policy
from retour.vet.findings import Answer, Checked, Code, Evidence, Finding, Rfc, Suggestion
from retour.vet.names import suggest_local
from retour.vet.syntax import Syntax, read
from retour.vet.tables import refused_signs, unmistakable
from retour.vet.typos import Speller, speller_for

_ODD = frozenset((Code.ODD_SIGN, Code.SPACE))
_NOWHERE = frozenset((Code.DOTLESS, Code.TLD_UNKNOWN))  # no domain that anybody would have meant
# What stands before and behind an address by mistake, and can be taken off without a guess.
_LINK = re.compile(r"(?:mailto|smtp):(?://)?", re.IGNORECASE)  # "SMTP:ann@b.example" is of Exchange
_UNSEEN = " \t\r\n\xa0\ufeff\u200b"
_QUOTES = "\"'“”„‚‘’«»‹›"
_BEFORE, _BEHIND = f"{_UNSEEN}<([{{,;:@=|{_QUOTES}", f"{_UNSEEN}>)]}},;:.!?@{_QUOTES}"
_ANGLE = re.compile(r"[^<>@]*<([^<>\s]+)>\W*")  # Ann Lee <ann@b.example>
# What word processors make of an apostrophe and a hyphen.
_TYPOGRAPHIC = str.maketrans("’‘´‐‑–—−", "'''-----")
# The keys of "@" without the one that is pressed besides (German and Swiss: Q and 2; American: 2), a sign of
# names, or the word between two.
_INSTEAD_OF_AT = re.compile(r"[._-]at[._-]\Z|[._\-qQ]\Z|(?<!\d)2\Z", re.IGNORECASE)
REMNANTS = "={}|%"  # of web addresses, of formulas, and of brackets and columns that were parted elsewhere
_REMNANTS = ("=", "{", "}", "|", "%20")
# In marks: of quotation, of Markdown, or as Python writes octets.
_WRAPPED = re.compile(r"b?(['\"*~`]{1,3})([^'\"*~`]++)\1|_(?P<under>[^@]++@[\w.\-]+)_")
_PARTING = "/|^~"  # of what no mailbox has, the signs that part columns of a list
_AT = re.compile(r"@{2,}|(?<!\s)\s*+[(\[{]\s?(?:at|ät|@)\s?[)\]}]\s*|＠", re.IGNORECASE)  # as people write it
_AROUND_AT = frozenset("@([{<＠ ")  # of which it has one
_AT_WORD = re.compile(r"(?<=\S)\s++(?:at|ät)\s++(?=\S+\s*+(?:\.|[(\[{]|dot\s|punkt\s))", re.IGNORECASE)
_DOT = re.compile(
    r"(?<!\s)\s*+[(\[{]\s?(?:dot|punkt)\s?[)\]}]\s*|(?<!\s)\s++(?:dot|punkt)\s++", re.IGNORECASE
)


def vet(
    text: str, facts: Facts = UNTOLD, policy: Policy = DEFAULT, speller: Speller | None = None
) -> Checked:
    """What a string is worth as an address, by the facts that are told. No string raises anything.

    `speller`: the account's own, for whoever checks many; without it one is made of `facts.delivered`.
    """
    syntax = read(text)
    normalised = mailable(syntax)
    is_odd = syntax.rfc is Rfc.INVALID and Code.DOT_TOLERATED not in syntax.codes
    is_odd = is_odd or not _ODD.isdisjoint(syntax.codes)
    remnant, refused = is_remnant(syntax.local or ""), _is_refused(syntax)
    bare = bared(text) if is_odd else _freed(syntax, remnant, refused)
    speller = speller or speller_for(facts.delivered)
    if bare is None or text.strip(_UNSEEN).startswith(bare):
        meant = _meant(text, syntax, facts, policy, speller)
    else:  # something stands before it, too
        meant = _meant(bare, read(bare), facts, policy, speller)
    if bare is not None and not _NOWHERE.isdisjoint(read(bare).codes):
        bare = None  # no better than what is there, unless its domain was mended besides
    codes = dict.fromkeys((*syntax.codes, *([Code.ODD_SIGN] if refused or remnant else ())))
    findings = (*map(Finding, codes), *_said(syntax, facts, policy))
    if meant is not None:
        source = "own deliveries" if meant.text.rpartition("@")[2] in facts.delivered else "retour typos"
        if meant.kind is Code.SQUAT:  # lists of throw-away mailboxes name these too, and it tells less
            findings = tuple(each for each in findings if each.code is not Code.DISPOSABLE)
        findings = (*findings, Finding(meant.kind, Evidence("typo", Answer.UNKNOWN, source)))
    findings = (*findings, *facts.repairs, *facts.duplicates, *facts.history)
    verdict = decide.practical(syntax.rfc, normalised is not None, findings, facts, policy)
    if meant is None:
        return Checked(text, normalised, syntax.rfc, verdict, findings, bare)
    return Checked(text, normalised, syntax.rfc, verdict, findings, meant.text, meant.odds)


def mailable(syntax: Syntax) -> str | None:
    """The address as Retour keeps it, None when it could never be mailed."""
    if syntax.local is None or syntax.domain is None:
        return None
    return address.normalise(f"{syntax.local}@{syntax.domain}")


def _said(syntax: Syntax, facts: Facts, policy: Policy) -> tuple[Finding, ...]:
    """What the DNS and the lists say about the two halves."""
    if syntax.local is None or syntax.domain is None:
        return ()
    of_dns = () if facts.dns is None else (decide.of_dns(facts.dns),)
    listed = lists.of_domain(syntax.domain, facts, policy)
    return (*of_dns, *listed, *lists.of_local(syntax.local, policy))


def _meant(text: str, syntax: Syntax, facts: Facts, policy: Policy, speller: Speller) -> Suggestion | None:
    """The address that was probably meant, None when it is right as it stands."""
    local, at, domain = text.strip().rpartition("@")
    if syntax.local is not None and syntax.domain is not None:
        local, domain = syntax.local, syntax.domain
    if not at or not local or domain in policy.allowed:
        return None
    found = speller.suggest(domain, facts, policy.typo_odds)
    if found is not None:
        return _whole(f"{local}@{found.text}", found)
    if syntax.rfc is Rfc.INVALID:
        return None
    named = suggest_local(local, facts.names, facts.frequent, policy.typo_odds)
    return None if named is None else _whole(f"{named.text}@{domain}", named)


def _whole(text: str, found: Suggestion) -> Suggestion | None:
    """A suggestion for the whole address, None when it would be no address either."""
    return Suggestion(text, found.odds, found.kind) if read(text).rfc is Rfc.VALID else None


def bared(text: str) -> str | None:
    """The address without what stands around it by mistake: a matter of layout, not of likelihood."""
    bare = _decoded(text.strip().strip(_UNSEEN))
    if (link := _LINK.match(bare)) is not None:
        bare = bare[link.end() :]
    if (angle := _ANGLE.fullmatch(bare)) is not None:
        bare = angle[1]
    if (wrapped := _WRAPPED.fullmatch(bare)) is not None:
        bare = wrapped[2] or wrapped["under"]
    bare = bare.lstrip(_BEFORE).rstrip(_BEHIND)
    if not _AROUND_AT.isdisjoint(bare):
        bare = _spelled(bare)
    bare = bare.translate(_TYPOGRAPHIC)
    bare = _once(bare) if "@" in bare else _with_at(bare)
    if bare.count("@") == 1 and read(bare).rfc is not Rfc.VALID:
        bare = _tightened(bare)
    return bare if bare != text and read(bare).rfc is Rfc.VALID else None


def _decoded(bare: str) -> str:
    """Without what programs write for signs: entities of HTML, %40 of web addresses, a backslash before @."""
    if "&" in bare:
        bare = html.unescape(bare).strip(_UNSEEN)
    if "%40" in bare or "%20" in bare:
        bare = unquote(bare)
    return bare.replace("\\@", "@")


def _spelled(bare: str) -> str:
    """With the @ and the dots that were written as words: "ann [at] b [dot] example", "ann at b.example"."""
    spelled = _AT.sub("@", bare)
    if "@" not in spelled:
        spelled = _AT_WORD.sub("@", spelled, 1)
    return _DOT.sub(".", spelled) if spelled != bare else bare


def _tightened(bare: str) -> str:
    """Without blanks beside the @ and within the domain, and without dots that part nothing."""
    local, _, domain = bare.partition("@")
    domain = ".".join(label.strip() for label in domain.split("."))
    return f"{undotted(local.strip())}@{undotted(domain)}"


def undotted(half: str) -> str:
    """Half an address without a dot before it, behind it, or behind another."""
    return ".".join(filter(None, half.split(".")))


def is_remnant(local: str) -> bool:
    """Whether a local part begins or ends with what is left of a formula, or of brackets around several.

    RFC 5322 has these signs in atoms (§3.2.3), so that "=ann" and "{ann" are names; nobody has such a one.
    """
    return local.startswith(_REMNANTS) or local.endswith("}")


def _freed(syntax: Syntax, remnant: bool, refused: bool) -> str | None:
    """A valid address without the signs that nobody has in it; None where that is none, or it has none."""
    if not remnant:
        return _behind(syntax) if refused else None
    bare = f"{(syntax.local or '').replace('%20', '').strip(REMNANTS)}@{syntax.domain}"
    return bare if read(bare).rfc is Rfc.VALID else None


def _is_refused(syntax: Syntax) -> bool:
    """Whether a local part has what no mailbox of its provider has: such a sign, a letter beyond ASCII."""
    if syntax.local is None or syntax.domain is None:
        return False
    signs, mailbox = refused_signs(syntax.domain), syntax.local.partition("+")[0]
    return signs != "" and not (mailbox.isascii() and frozenset(signs).isdisjoint(mailbox))


def _behind(syntax: Syntax) -> str | None:
    """The address behind such a sign that parts columns of a list, or stands there alone."""
    local, domain = syntax.local or "", syntax.domain or ""
    signs = refused_signs(domain)
    at = max(local.partition("+")[0].rfind(sign) + 1 for sign in signs)
    if not at or (local[at - 1] not in _PARTING and local[:at].strip(signs)):
        return None
    bare = f"{local[at:]}@{domain}"
    return bare if read(bare).rfc is Rfc.VALID else None


def _once(bare: str) -> str:
    """What is written twice: "ann@b.example@b.example", "ann@b.example, ann@b.example"."""
    local, _, rest = bare.partition("@")
    domain, _, again = rest.partition("@")
    if domain.lower() == again.lower():
        return f"{local}@{domain}"
    words = bare.replace(",", " ").replace(";", " ").split()
    return words[0] if len({word.lower() for word in words}) == 1 else bare


def _with_at(bare: str) -> str:
    """What has no @, with one before the provider that it ends with ("anngmail.com", "annqgmx.de")."""
    at = len(bare) - len(unmistakable(bare))
    local = bare[:at]
    if (instead := _INSTEAD_OF_AT.search(local)) is not None:
        local = local[: instead.start()]
    is_page = local.lower().startswith(("www", "http"))
    return f"{local}@{bare[at:]}" if local and at < len(bare) and not is_page else bare
