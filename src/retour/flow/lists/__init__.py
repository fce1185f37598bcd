"""Suppression lists as files: our own, and those of SES, SendGrid, Mailgun and Postmark.

row    what a line of a list says, and what is wrong with one
pieces elements of a JSON document, one at a time, however long it is
table  CSV, with the guard against formulas
forms  one form of list after the other: how it is read, how it is written
"""

from retour.flow.lists.forms import FORMS, Form, form_of
from retour.flow.lists.row import Defect, Row

__all__ = ["FORMS", "Defect", "Form", "Row", "form_of"]
