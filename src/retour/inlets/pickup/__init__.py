"""Pickup: mailboxes that Retour visits by itself. Copy, commit, and only then move or delete.

What a mailbox needs to go on (how far it was read) is committed together with what was read, so that a
crash at any moment repeats work and never skips any.
"""
