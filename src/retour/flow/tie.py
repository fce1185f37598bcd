"""What a report is about, and how well that is proven (promise 6; docs: design.md, sources.md §1).

The address acted on is always the send's; what a report names is evidence. Best tie first: the token that
the arrival was sent to, a token of ours inside (ENVID, return path of the returned message), a Message-ID
of ours. Where none holds, only a source that is trusted is believed about the address it names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from retour.address import normalise
from retour.instants import DAY
from retour.model import MAIL, Arrival, Kind, Original, Proof, Reading, Report, Send, Standing
from retour.parse.providers.ses import own_name
from retour.ports import Account, Sends
from retour.return_address import Keyring, Token, claimed_account, verify

_SUFFICES: Mapping[Proof, frozenset[Proof]] = {
    Proof.TOKEN: frozenset({Proof.TOKEN}),
    Proof.SEND: frozenset({Proof.TOKEN, Proof.SEND}),
    Proof.TRUSTED: frozenset({Proof.TOKEN, Proof.SEND, Proof.TRUSTED}),
    Proof.OPEN: frozenset(Proof),
}
_normal = lru_cache(maxsize=4096)(normalise)  # a report's names are asked for several times
_ENDS = (Kind.BOUNCE, Kind.COMPLAINT)  # the reports that may be about the send under whatever name
# Somebody complains when he reads, a bounce comes when the mail does: 90 days in all (sources.md §8).
_LATER = 60 * DAY


@dataclass(frozen=True, slots=True)
class Claim:
    """What an arrival claims to be about, before the sends are looked up."""

    token: Token | None = None  # genuine
    account: str = ""  # of the token
    level: Proof | None = None
    message_id: str | None = None
    send: int | None = None  # an id that the sender has given along to a provider
    ambiguous: bool = False  # what it names are candidates
    others: tuple[str, ...] = ()  # what else the message may have been registered as

    @property
    def names(self) -> tuple[str, ...]:
        """All that the message is called, the best first."""
        return (self.message_id, *self.others) if self.message_id else self.others


@dataclass(frozen=True, slots=True)
class Tie:
    """The address a report is filed under, and whether it may change its state."""

    account: str
    address: str
    send: Send | None
    standing: Standing
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The sends that the claims of a batch point to: by token, and by Message-ID with the names told."""

    by_id: Mapping[int, Send]
    by_message: Mapping[tuple[str, tuple[str, ...]], Sequence[Send]]


def claim_of(
    arrival: Arrival, original: Original, keyring: Keyring, accounts: Mapping[int, Account]
) -> Claim:
    """The best claim of an arrival; an empty one when nothing in it is ours."""
    message_id = original.message_id.strip("<> ") if original.message_id else None
    short = own_name(message_id) if message_id else ""  # as Amazon's API gave it to the sender
    others = (short,) if message_id and short != message_id else ()
    for text, level in (
        (arrival.rcpt_to, Proof.TOKEN),
        (original.envid, Proof.SEND),
        (original.return_path, Proof.SEND),
    ):
        token = _token_in(text, keyring, accounts) if text else None
        if token is not None:
            return Claim(token, accounts[token.account].name, level, message_id, others=others)
    return Claim(message_id=message_id or None, others=others)


def claim_of_stated(claim: Claim, send: int | None, ambiguous: bool, others: tuple[str, ...] = ()) -> Claim:
    """The claim of a post, whose sender may have given a bare id along: it needs no signature, for the post
    was authenticated, and is looked up within its account alone."""
    if send is None or claim.token:
        return replace(claim, ambiguous=ambiguous, others=others) if ambiguous or others else claim
    return replace(claim, send=send, ambiguous=ambiguous, others=others)


def known(claims: Sequence[tuple[Claim, Reading]], sends: Sends) -> Known:
    """The sends of a whole batch: one look-up for all tokens, one for each Message-ID."""
    ids = {claim.token.send for claim, _ in claims if claim.token}
    ids |= {claim.send for claim, _ in claims if claim.send is not None}
    asked = {
        (name, _all_named(reading)) for claim, reading in claims if not claim.token for name in claim.names
    }
    by_message = {(id, named): sends.by_message_id(id, named) for id, named in asked}
    return Known(sends.by_id(ids) if ids else {}, by_message)


def ties(arrival: Arrival, reading: Reading, claim: Claim, sends: Known) -> list[Tie | None]:
    """A tie for each report, in order; None for a report that names no address and ties to nothing."""
    claimed = _claimed(arrival, reading, claim, sends)
    if arrival.form != MAIL:
        return [_stated(arrival, report, claim, claimed) for report in reading.reports]
    own = _own(reading.reports, claimed[0]) if len(claimed) == 1 else frozenset()
    why = "ambiguous" if claimed or _candidates(reading.reports) else "unmatched"
    found: list[Tie | None] = []
    for place, report in enumerate(reading.reports):
        named = _named(report)
        if place in own:
            found.append(_tied(arrival, claim, claimed[0], report.kind))
        elif len(claimed) > 1 and (meant := _only(send for send in claimed if _address(send) in named)):
            found.append(_tied(arrival, claim, meant, report.kind))
        else:
            found.append(_untied(arrival, claim, named, why))
    return found


def _stated(arrival: Arrival, report: Report, claim: Claim, claimed: Sequence[Send]) -> Tie | None:
    """The tie of what a provider or our own log says.

    Both know to whom they were to deliver: what they name is no alias. Somebody else than the send was to
    is another recipient of the same message, about whom the send says nothing.
    """
    named = _named(report)
    if claim.ambiguous:
        return _untied(arrival, claim, named, "ambiguous")
    folded = {address.lower() for address in named}  # some providers tell all addresses in lower case
    meant = [send for send in claimed if not named or _address(send).lower() in folded]
    if named and meant:
        latest = max(meant, key=lambda send: (send.handed_over, send.id))
        return _tied(arrival, claim, latest, report.kind)
    alone = _only(meant)
    return _tied(arrival, claim, alone, report.kind) if alone else _untied(arrival, claim, named, "unmatched")


def _token_in(text: str, keyring: Keyring, accounts: Mapping[int, Account]) -> Token | None:
    """The genuine token in an address, or in an ENVID, which is the local part alone."""
    local, at, domain = text.strip("<> ").rpartition("@")
    if not at:
        local = domain
        account = accounts.get(claimed_account(local) or 0)
        domain = account.return_domain if account else ""
    token = verify(keyring, local, domain)
    return token if token and token.account in accounts else None


def _claimed(arrival: Arrival, reading: Reading, claim: Claim, sends: Known) -> Sequence[Send]:
    """The sends it may be about; never those of another account than the source's or the token's.

    Of several names the first that leads to one: all are of one message.
    """
    offered: list[Sequence[Send]] = []
    if claim.token:
        send = sends.by_id.get(claim.token.send)
        offered.append([send] if send and send.account == claim.account else [])
    elif claim.send is not None and arrival.account is not None and claim.send in sends.by_id:
        offered.append([sends.by_id[claim.send]])
    else:
        offered += [sends.by_message.get((name, _all_named(reading)), ()) for name in claim.names]
    ours = ([send for send in each if arrival.account in (None, send.account)] for each in offered)
    return next(filter(None, ours), [])


def _own(reports: Sequence[Report], send: Send) -> frozenset[int]:
    """Places of the reports that are about the send: those that name its recipient.

    Where none does, the one that failed is about it whatever it names: an alias or a forward target stands
    there. With several failed it cannot be told which, and none is.
    """
    address = _address(send)
    matching = [place for place, report in enumerate(reports) if address in _named(report)]
    ends = [place for place, report in enumerate(reports) if report.kind in _ENDS]
    if matching:
        return frozenset(matching)
    if len(ends) == 1:
        return frozenset(ends)
    return frozenset({0}) if len(reports) == 1 else frozenset()


def _candidates(reports: Sequence[Report]) -> bool:
    """Whether a complaint names several, of whom one complained: whoever the mail went to stands there
    (RFC 5965 §3.2)."""
    complained = (_named(report) for report in reports if report.kind is Kind.COMPLAINT)
    return len({named[0] for named in complained if named}) > 1


def _tied(arrival: Arrival, claim: Claim, send: Send, kind: Kind) -> Tie:
    level = claim.level or Proof.SEND
    standing, defects = Standing.PROVEN, ()
    if level not in _SUFFICES[arrival.proof]:
        standing = Standing.UNPROVEN
    elif claim.token and arrival.received_at >= claim.token.expires + (
        _LATER if kind is Kind.COMPLAINT else 0
    ):
        standing = Standing.EXPIRED
    return Tie(send.account, _address(send), send, standing, defects)


def _untied(arrival: Arrival, claim: Claim, named: Sequence[str], why: str) -> Tie | None:
    """Filed under the address it names; believed only where the source is, and about its own account: not
    where a genuine token inside says that the mail was another's."""
    if not named:
        return None
    its_own = arrival.account is not None and claim.account in ("", arrival.account)
    believed = its_own and arrival.proof in (Proof.TRUSTED, Proof.OPEN)
    standing = Standing.PROVEN if believed and why != "ambiguous" else Standing.UNPROVEN
    account = claim.account if arrival.account is None else arrival.account
    return Tie(account, named[0], None, standing, (why,))


def _named(report: Report) -> Sequence[str]:
    """The addresses a report names, normalised; the original recipient first: it is the one we wrote."""
    texts = (report.original_recipient, report.recipient)
    return [address for text in texts if text and (address := _normal(text))]


def _all_named(reading: Reading) -> tuple[str, ...]:
    return tuple(address for report in reading.reports for address in _named(report))


def _address(send: Send) -> str:
    return _normal(send.recipient) or send.recipient


def _only(sends: Iterable[Send]) -> Send | None:
    found = list(sends)
    return found[0] if len(found) == 1 else None
