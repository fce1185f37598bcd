"""A mail server with bounces in its queue."""

import smtplib

from story.reports import report
from story.server import Server

FULL = "552 5.2.2 Quota exceeded (mailbox for user is full)"
UNKNOWN = "550 5.1.1 User unknown"


class Mta:
    """Tries each bounce in its queue again until it hears 250, as every mail server does."""

    def __init__(self, server: Server, recipients: list[str], reply: str = FULL) -> None:
        self._reply = reply
        self._port = server.ports["lmtp"]
        self._mails = {server.return_address(recipient): recipient for recipient in recipients}
        self.queue = set(self._mails)

    def run_queue(self) -> bool:
        """One try for each that is queued; whether the queue is empty then."""
        self.queue = {to for to in self.queue if not self._delivered(to)}
        return not self.queue

    def forget_every_250(self) -> None:
        """As if the answers had been lost on the way: everything is tried once more."""
        self.queue = set(self._mails)

    def _delivered(self, to: str) -> bool:
        try:
            lmtp = smtplib.LMTP("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            lmtp.sendmail("", [to], report(to, self._mails[to], self._reply))
        except (OSError, smtplib.SMTPException):
            return False
        finally:
            lmtp.close()
        return True
