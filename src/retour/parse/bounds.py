"""How much is kept of what was read. More is cut; more recipients are a defect."""

RECIPIENTS = 100  # reports from one mail
WORDS = 4 * 1024  # characters of a server's words, and of the human words about one recipient
TEXT = 16 * 1024  # characters of the human part of a mail
REPORT = 64 * 1024  # octets examined of one machine-readable report
REPORTS = 4  # machine-readable reports of one mail that are read

TOO_MANY_RECIPIENTS = "too_many_recipients"
BAD_ADDRESS = "bad_address"
