"""Lines of the decision ledger that are about no single address, in retour.sqlite3."""

from dataclasses import replace

from retour.chain import BEGINNING, link
from retour.ports import OF_MANY, Record
from retour.stores.sqlite.accounts import SqliteAccounts
from retour.stores.sqlite.database import Database
from retour.stores.sqlite.pages import SQL as LEDGER
from retour.stores.sqlite.statements import named

SQL = named("acts.sql")


class SqliteActs:
    """The lines of one file; they stand in the chains of accounts among those of addresses."""

    def __init__(self, database: Database, accounts: SqliteAccounts) -> None:
        self._database, self._accounts = database, accounts

    def note(self, id: bytes, line: Record) -> None:
        with self._database.write() as db:
            account = self._accounts.number(db, line.account)
            number: int = db.execute(LEDGER["last_record"]).fetchone()[0] + 1
            if not db.execute(SQL["add"], (id, number)).rowcount:
                return
            line = replace(line, number=number, event=id, who=OF_MANY.hex())
            known = db.execute(LEDGER["chain"], (account,)).fetchone()
            chained = link(BEGINNING if known is None else known[1], line.line())
            told = (line.actor, line.before, line.after, line.cause, id, line.policy, chained)
            db.execute(LEDGER["add_record"], (number, None, line.at, OF_MANY, account, *told))
            db.execute(LEDGER["set_chain"], (account, number, chained))
