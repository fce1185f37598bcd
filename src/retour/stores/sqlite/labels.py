"""Labels: all that the Overview filters bounces by, in one number on the row of the event.

Bounces are many, labels few. So one narrow index holds the listed bounces by time, and `hours` tells in
which hours a label occurs at all: what is rare is found without a look at all that is not.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from retour.instants import HOUR
from retour.model import BounceType, Reason, StateName
from retour.ports.lives import HELD, INVALID, VALID
from retour.stores.advance import Turn
from retour.stores.sqlite.rows import TEXTS
from retour.stores.sqlite.statements import named

SQL = named("overview.sql")
_STATUS = {StateName.INVALID: INVALID, StateName.HELD: HELD}  # VALID else


class Label(NamedTuple):
    """What the Overview filters by. Two Nones at the end: of no send that is known."""

    account: int
    status: str  # of the address: "held" is found under "valid" too
    type: str | None
    reason: str | None
    campaign: str | None
    mail_kind: str | None


class Labels:
    """The labels of one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._labels: dict[int, Label] = {}
        self._sends: dict[int | None, tuple[Any, ...]] = {None: (None, None)}
        self._hours: set[tuple[int, int, int]] = set()
        self._same: dict[tuple[int | None, int | None], bool] = {}
        self._given: dict[tuple[Any, ...], int] = {}  # by all that a label hangs on: few are asked for often

    def read_sends(self, ids: Iterable[int | None]) -> None:
        """Look campaigns and kinds up, many at once."""
        wanted = sorted({id for id in ids if id is not None and id not in self._sends})
        found = self._db.execute(SQL["sends"], (json.dumps(wanted),)) if wanted else ()
        self._sends |= dict.fromkeys(wanted, (None, None)) | {id: tuple(told) for id, *told in found}

    def of(self, account: int, turn: Turn, known: dict[bytes, int]) -> dict[bytes, int]:
        """The labels that a turn gives the events of an address, by their ids.

        `known` are those it has: campaign and kind stay what they were when the bounce was listed first.
        """
        status = _STATUS.get(turn.state.state, VALID)
        found = {}
        for event, type_ in turn.listed:
            before = known.get(event.id)
            send = event.send if before is None else None
            place = account, before, send, status, type_, event.reason
            number = self._given.get(place)
            if number is None:
                number = self._given[place] = self._give(*place)
            found[event.id] = number
            if number != before:
                self._hours.add((account, event.at // HOUR, number))
        return found

    def write(self) -> None:
        """Note in which hours the labels occur."""
        self._db.executemany(SQL["add_hour"], sorted(self._hours))

    def campaign(self, send: int | None) -> str | None:
        """Of a send; None where there is none, or it is not known."""
        name: str | None = self._mail(send)[0]
        return name

    def _give(
        self,
        account: int,
        before: int | None,
        send: int | None,
        status: str,
        type_: BounceType | None,
        reason: Reason | None,
    ) -> int:
        facts = (account, status, TEXTS[type_], TEXTS[reason])
        if before is not None and self.label(before)[:4] == facts:
            return before
        label = (*facts, *(self._mail(send) if before is None else self.label(before)[4:]))
        return self._numbers.get(label) or self._number(Label(*label))

    def _mail(self, send: int | None) -> tuple[Any, ...]:
        if send not in self._sends:
            self.read_sends((send,))
        return self._sends[send]

    def label(self, number: int) -> Label:
        """The label of a number."""
        if number not in self._labels:
            self._labels[number] = Label(*self._db.execute(SQL["label"], (number,)).fetchone())
        return self._labels[number]

    def tell_the_same(self, left: int | None, reached: int | None) -> bool:
        """Whether two labels differ at most in the status of the address and the kind of mail."""
        pair = left, reached
        if pair not in self._same:
            told = [None if each is None else self.label(each) for each in pair]
            facts = [each and (each.account, each.campaign, each.type, each.reason) for each in told]
            self._same[pair] = facts[0] == facts[1]
        return self._same[pair]

    def _number(self, label: Label) -> int:
        found = self._db.execute(SQL["number"], label).fetchone()
        if found is None:
            found = self._db.execute(SQL["add_label"], label).fetchone()
        self._numbers[label] = number = int(found[0])
        self._labels[number] = label
        return number
