"""The check of a list of contacts before it is imported: files of any layout in, four files and a report out.

encoding, layout, parting, source             what sort of file it is, and where its addresses stand
archive, workbook; serials, mail_links        of a workbook: its sheets, days, and what stands behind names
blocks; cells, several                        its rows, some at a time; what stands in a cell
judge, seen, decision                         what a row is worth, which are duplicates, where they go
hosts, singly, written                        domains, judged once; rows by them; how they are written
plain_rows, meeting, quick                    the same for many rows at once
frames, marks, columns                        and in columns
sifted                                        and in C, in the compiled form
special, dresses; passes                      what they have in common; which of them is taken
asked                                         the DNS, of most contacts first
history, bloom; forecast                      what the account's own ledger says, and of the list
tally, report, told, charts                   what is counted and told
results, run, work, expiry                    the files, the story, the same as a job; how long files stay
piles, names, pages                           the files read again: slips before the @, rows of a reason
proposals, taking, outcome                    what is decided, what is imported, and what came back of it
"""

from retour.flow.listcheck.archive import BrokenWorkbookError
from retour.flow.listcheck.asked import Asking
from retour.flow.listcheck.history import Rates, known_of
from retour.flow.listcheck.judge import Knowledge
from retour.flow.listcheck.results import OtherResultsError
from retour.flow.listcheck.run import Order, Step, check_list
from retour.flow.listcheck.source import Source, open_source

__all__ = [
    "Asking",
    "BrokenWorkbookError",
    "Knowledge",
    "Order",
    "OtherResultsError",
    "Rates",
    "Source",
    "Step",
    "check_list",
    "known_of",
    "open_source",
]
