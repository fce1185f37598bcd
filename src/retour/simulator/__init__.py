"""A mailbox simulator: an SMTP server whose local parts choose the answer (the table is answers.toml), and
posts as the sending providers make them (`hooks`).

It refuses, delays and bounces like the servers of the world, so that the whole walk can be tried, tested
and shown on one machine. It keeps no mail.
"""

from retour.simulator.answers import Answer, answer_of, by_reason, table
from retour.simulator.server import Simulator, serve_simulator

__all__ = ["Answer", "Simulator", "answer_of", "by_reason", "serve_simulator", "table"]
