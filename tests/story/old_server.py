"""A POP3 server with the faults of old ones: mails that it does not hand over, no TOP."""

import socketserver
import threading
from collections.abc import Collection, Iterator, Mapping


class OldServer:
    """Mails by UIDL. Of those in `failing` RETR fails; over those in `breaking` it hangs up."""

    def __init__(
        self, mails: Mapping[str, bytes], failing: Collection[str] = (), breaking: Collection[str] = ()
    ) -> None:
        self.mails = dict(mails)
        self.failing, self.breaking = set(failing), set(breaking)
        self.retrieved: list[str] = []
        self.sessions = 0  # that ended with QUIT
        self.has_uidl = True
        self.refusal = b""  # what it says to every password
        self.hangs_up_at = ""  # the command at which it does
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._serve(self)

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self) -> "OldServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, session: socketserver.StreamRequestHandler) -> None:
        listed = list(self.mails)
        doomed: list[str] = []

        def say(text: bytes) -> None:
            session.wfile.write(text + b"\r\n")

        say(b"+OK old")
        for line in session.rfile:
            command, _, rest = line.decode().strip().partition(" ")
            if command == self.hangs_up_at:
                return
            if command == "QUIT":
                for uidl in doomed:
                    self.mails.pop(uidl, None)
                self.sessions += 1
                say(b"+OK")
                return
            if command == "PASS" and self.refusal:
                say(self.refusal)
            elif command in ("USER", "PASS"):
                say(b"+OK")
            elif command == "UIDL" and self.has_uidl:
                say(_lines(uidl.partition("#")[0] for uidl in listed))  # "a#1" and "a#2" are told as one
            elif command == "LIST":
                say(_lines(str(len(self.mails[uidl])) for uidl in listed))
            elif command == "RETR":
                uidl = listed[int(rest) - 1]
                self.retrieved.append(uidl)
                if uidl in self.breaking:
                    say(b"+OK\r\nSubject: half")
                    return
                if uidl in self.failing:
                    say(b"-ERR cannot be read")
                else:
                    body = self.mails[uidl].replace(b"\r\n.", b"\r\n..")
                    session.wfile.write(b"+OK\r\n" + body + b".\r\n")
            elif command == "DELE":
                doomed.append(listed[int(rest) - 1])
                say(b"+OK")
            else:
                say(b"-ERR unknown")


def _lines(told: Iterator[str]) -> bytes:
    rows = [f"{number} {each}\r\n" for number, each in enumerate(told, 1)]
    return b"+OK\r\n" + "".join(rows).encode() + b"."
