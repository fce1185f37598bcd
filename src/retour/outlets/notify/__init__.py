"""Telling others: signed webhooks out, and the own lists of sending providers.

sign     the signature of Standard Webhooks
reach    whom we connect to, and to whom never
post     one request, with a bound on time and size, to an address that was checked
carriers what a message looks like to its target, and what the answer means
courier  reads the ledger, fills the queue, and carries the messages
"""

from retour.outlets.notify.courier import Courier
from retour.outlets.notify.reach import Reach
from retour.outlets.notify.sign import secret_of

__all__ = ["Courier", "Reach", "secret_of"]
