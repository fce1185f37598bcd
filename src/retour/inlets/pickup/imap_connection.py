"""A connection to an IMAP server: TLS, login, and how it ends."""

import imaplib
import ssl
from contextlib import suppress
from imaplib import IMAP4
from logging import WARNING, getLogger

from imapclient import IMAPClient, SocketTimeout

from retour.inlets.pickup.desk import TroubleError
from retour.inlets.pickup.server import SILENCE, Account, Tls, refusal

# At level debug it writes what it sends, a password that must be sent as a literal among it.
getLogger("imapclient").setLevel(WARNING)
# The answer to SEARCH is one line, of some eight octets a mail; imaplib gives up on one of a million octets,
# which is a folder of some hundred thousand mails.
vars(imaplib)["_MAXLINE"] = 64 * 1024 * 1024

BROKEN = (OSError, EOFError, IMAP4.abort)


class Connection(IMAPClient):  # type: ignore[misc]  # it brings no types
    """IMAPClient, which waits in IDLE for the socket alone: what came with the answer to IDLE is in its
    buffer already, and would wait for the next mail."""

    def told(self) -> bytes | None:
        """How many mails the server last said that there are, since this was asked before; None: nothing.

        It says so within the answer to any command, also behind what a SEARCH has found.
        """
        counts: list[bytes | None] = self._imap.untagged_responses.pop("EXISTS", [])
        return counts[-1] if counts else None

    def has_buffered(self) -> bool:
        connection = self.socket()
        connection.setblocking(False)
        try:
            return bool(self._imap.file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            connection.setblocking(True)
            self._set_read_timeout()


def connected(account: Account) -> Connection:
    """A connection on which its user is known. Raises TroubleError, and what BROKEN names."""
    client = Connection(
        account.host,
        account.port,
        ssl=account.tls is Tls.IMPLICIT,
        ssl_context=account.context if account.tls is Tls.IMPLICIT else None,
        timeout=SocketTimeout(SILENCE, SILENCE),
    )
    try:
        if account.tls is Tls.STARTTLS:
            _start_tls(client, account)
        _log_in(client, account)
    except BaseException:
        leave(client, orderly=False)
        raise
    return client


def _start_tls(client: Connection, account: Account) -> None:
    try:
        client.starttls(account.context)
    except IMAP4.abort:
        raise
    except IMAP4.error as error:
        raise TroubleError("insecure", words(error)) from error


def _log_in(client: Connection, account: Account) -> None:
    try:
        if client.has_capability("AUTH=PLAIN"):  # the one way for what is not ASCII (RFC 4616 §2)
            client.plain_login(account.user, account.password)
        else:
            client.login(account.user, account.password)
    except UnicodeEncodeError:
        raise TroubleError("refused", "it takes user and password in ASCII only") from None
    except IMAP4.error as error:
        if isinstance(error.__context__, IMAP4.abort):  # the connection broke; nobody refused anything
            raise TroubleError("unreachable", words(error)) from None
        raise refusal(words(error)) from None  # the cause may hold what was sent


def leave(client: Connection, *, orderly: bool) -> None:
    """End it: with a word to the server, where there is time for one."""
    with suppress(Exception):  # it may be broken already
        if orderly:
            client.logout()
    with suppress(Exception):  # which has closed it, unless it failed
        client.shutdown()


def words(error: BaseException) -> str:
    """What a server said, or what went wrong."""
    return str(error.args[0] if error.args else error) or type(error).__name__
