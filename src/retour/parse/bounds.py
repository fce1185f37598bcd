"""How much is kept of what was read. More is cut; more recipients are a defect."""

from typing import Final

RECIPIENTS: Final = 100  # reports from one mail
WORDS: Final = 4 * 1024  # characters of a server's words, and of the human words about one recipient
TEXT: Final = 16 * 1024  # characters of the human part of a mail
REPORT: Final = 64 * 1024  # octets examined of one machine-readable report
REPORTS: Final = 4  # machine-readable reports of one mail that are read

TOO_MANY_RECIPIENTS: Final = "too_many_recipients"
BAD_ADDRESS: Final = "bad_address"
