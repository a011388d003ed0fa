"""A small real IMAP server: enough of RFC 3501 to be read by the standard library."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Folder:
    """What lies in the mailbox: letters by number."""

    letters: dict[int, bytes] = field(default_factory=dict)
    validity: int = 1
    password: str = "right"
    port: int = 0


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        folder: Folder = self.server.folder  # type: ignore[attr-defined]
        self._say("* OK IMAP4rev1 here")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            word = command.upper()
            if word.startswith("CAPABILITY"):
                self._say("* CAPABILITY IMAP4rev1")
            elif word.startswith("LOGIN") and f'"{folder.password}"' not in command:
                self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
                continue
            elif word.startswith(("SELECT", "EXAMINE")):
                self._say(f"* {len(folder.letters)} EXISTS\r\n* OK [UIDVALIDITY {folder.validity}] valid")
            elif word.startswith("UID SEARCH UID"):
                first = int(command.split()[3].partition(":")[0])
                last = max(folder.letters, default=0)
                numbers = [n for n in folder.letters if n >= first] or ([last] if last else [])
                self._say(f"* SEARCH {' '.join(map(str, numbers))}")
            elif word.startswith("UID SEARCH SINCE"):
                self._say(f"* SEARCH {' '.join(map(str, folder.letters))}")
            elif word.startswith("UID FETCH"):
                number = int(command.split()[2])
                most = int((re.search(r"<0\.(\d+)>", command) or [0, "0"])[1])
                letter = folder.letters[number][:most]
                self._say(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(letter)}}}", end=b"\r\n")
                self.wfile.write(letter + b")\r\n")
            elif word.startswith("LOGOUT"):
                self._say(f"* BYE\r\n{tag} OK bye")
                return
            self._say(f"{tag} OK done")

    def _say(self, text: str, end: bytes = b"\r\n") -> None:
        self.wfile.write(text.encode() + end)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving(folder: Folder) -> Iterator[Folder]:
    """The folder behind a port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.folder = folder  # type: ignore[attr-defined]
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()
