"""One conversation with a mail server, told exactly: what surely was not handed over, and what perhaps was.

Our own client, because the standard one cannot say how far it came when a connection breaks, and sends each command
alone where the server offers to take several (PIPELINING, RFC 2920).
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from dataclasses import dataclass

from teplo.channels.email.answers import Outcome, Stage, cut_off, not_handed, read_answer, sent, uncertain
from teplo.kit.idn import ascii_address

CONNECT_SECONDS = 20.0
ANSWER_SECONDS = 60.0
DOT_SECONDS = 120.0  # some servers scan the letter before they answer (RFC 5321, 4.5.3.2.6 allows 10 minutes)
_SEND_BUFFER = 65536
_BROKEN = (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)


class ServerAway(Exception):
    """The mail server cannot be used."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed over. `security`: none, starttls or tls."""

    host: str
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = ""
    trusts_any_certificate: bool = False
    hello: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, its lines joined."""

    code: int
    text: str


class Connection:
    """An open session: `open`, then `hand_over` as often as wanted, then `quit`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.offers: set[str] = set()
        self.is_open = False
        self.handed = 0

    async def open(self) -> None:
        """Connect, secure, sign in; raises ServerAway with a code that can be explained."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._connect()
                await self._greet()
        except TimeoutError as error:
            self.abort()
            raise ServerAway("timeout") from error
        except ssl.SSLCertVerificationError as error:
            self.abort()
            raise ServerAway("certificate", error.verify_message) from error
        except ssl.SSLError as error:
            self.abort()
            raise ServerAway("no-tls", error.reason or "") from error
        except socket.gaierror as error:
            raise ServerAway("unknown-host") from error
        except ConnectionRefusedError as error:
            raise ServerAway("refused") from error
        except _BROKEN as error:
            self.abort()
            raise ServerAway("broken", type(error).__name__) from error
        except ServerAway:
            self.abort()
            raise
        self.is_open = True

    async def _connect(self) -> None:
        server = self.server
        context = self._context() if server.security == "tls" else None
        self.reader, self.writer = await asyncio.open_connection(
            server.host, server.port, ssl=context, server_hostname=server.host if context else None, limit=65536
        )
        # what lies in our own buffers cannot be told from what has arrived: so little as possible lies there
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self.writer.transport.set_write_buffer_limits(high=0)

    async def _greet(self) -> None:
        reply = await self._reply()
        if reply.code != 220:
            raise ServerAway("greeting", f"{reply.code} {reply.text}")
        await self._hello()
        if self.server.security == "starttls":
            if "STARTTLS" not in self.offers:
                raise ServerAway("no-starttls")
            if (reply := await self._ask("STARTTLS")).code != 220:
                raise ServerAway("no-starttls", f"{reply.code} {reply.text}")
            if self.reader._buffer:  # type: ignore[attr-defined] # words slipped in before encryption (CVE-2021-38371)
                raise ServerAway("injected")
            await self.writer.start_tls(self._context(), server_hostname=self.server.host)
            self.writer.transport.set_write_buffer_limits(high=0)
            await self._hello()
        if self.server.username:
            await self._sign_in()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.server.trusts_any_certificate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _hello(self) -> None:
        name = self.server.hello or "localhost"
        reply = await self._ask(f"EHLO {name}")
        if reply.code != 250:
            reply = await self._ask(f"HELO {name}")
            if reply.code != 250:
                raise ServerAway("greeting", f"{reply.code} {reply.text}")
        lines = reply.text.upper().splitlines()[1:]
        self.offers = {line.split()[0] for line in lines if line.split()}
        self.methods = {
            word for line in lines if line.startswith("AUTH") for word in line.replace("=", " ").split()[1:]
        }

    async def _sign_in(self) -> None:
        user, password = self.server.username, self.server.password
        if "AUTH" not in self.offers:
            raise ServerAway("no-sign-in")
        if "PLAIN" in self.methods or "LOGIN" not in self.methods:
            reply = await self._ask(f"AUTH PLAIN {_coded(chr(0).join(('', user, password)))}")
        else:
            reply = await self._ask("AUTH LOGIN")
            for answer in (user, password):
                if reply.code == 334:
                    reply = await self._ask(_coded(answer))
        if reply.code != 235:
            raise ServerAway("sign-in", f"{reply.code} {reply.text}")

    async def hand_over(self, *, sender: str, recipient: str, letter: bytes) -> Outcome:
        """Hand over one letter (dot-stuffed, ending in a line end). Never raises: every end is an Outcome."""
        try:
            early = await self._announce(sender, recipient)
            if early:
                return early
        except _BROKEN as error:
            self.abort()
            return not_handed(f"connection lost ({type(error).__name__})", was_tried=True)
        try:
            self.writer.write(letter)
            await self.writer.drain()
            await asyncio.sleep(0)  # so that an end that has arrived is seen
            if self.reader.at_eof():
                raise ConnectionResetError
        except _BROKEN as error:
            self.abort()
            return cut_off(f"connection lost before the end of the letter ({type(error).__name__})")
        try:
            self.writer.write(b".\r\n")
            reply = await self._reply(DOT_SECONDS)
        except _BROKEN as error:
            self.abort()
            return uncertain(f"no answer after the end of the letter ({type(error).__name__})")
        self.handed += 1
        if 200 <= reply.code < 300:
            return sent(f"{reply.code} {reply.text}")
        return self._refused(Stage.DOT, reply)

    async def _announce(self, sender: str, recipient: str) -> Outcome | None:
        """MAIL, RCPT, DATA; an outcome when the letter's content is not asked for. Domains go as xn--."""
        sender, recipient = ascii_address(sender), ascii_address(recipient)
        if not recipient.isascii() and "SMTPUTF8" not in self.offers:
            return read_answer(stage=Stage.RCPT, code=553, text="5.6.7 SMTPUTF8 is not offered by the server")
        options = "" if recipient.isascii() else " SMTPUTF8"
        commands = [f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{recipient}>", "DATA"]
        if "PIPELINING" in self.offers:
            self.writer.write("".join(f"{command}\r\n" for command in commands).encode())
            await self.writer.drain()
            mail, rcpt, data = await self._reply(), await self._reply(), await self._reply()
            if data.code == 354 and (mail.code >= 400 or rcpt.code >= 400):
                self.writer.write(b".\r\n")  # asked for content in spite of it: nothing is given (RFC 2920, 3.1)
                await self._reply(DOT_SECONDS)
        else:
            mail = await self._ask(commands[0])
            rcpt = await self._ask(commands[1]) if mail.code < 400 else mail
            data = await self._ask(commands[2]) if rcpt.code < 400 else rcpt
        for stage, reply in ((Stage.MAIL, mail), (Stage.RCPT, rcpt)):
            if reply.code >= 400:
                return await self._withdrawn(stage, reply)
        return None if data.code == 354 else await self._withdrawn(Stage.DATA, data)

    async def _withdrawn(self, stage: Stage, reply: Reply) -> Outcome:
        outcome = self._refused(stage, reply)
        if self.is_open and (await self._ask("RSET")).code != 250:
            self.abort()
        return outcome

    def _refused(self, stage: Stage, reply: Reply) -> Outcome:
        if reply.code == 421:
            self.abort()
        return read_answer(stage=stage, code=reply.code, text=reply.text)

    async def _ask(self, command: str) -> Reply:
        self.writer.write(f"{command}\r\n".encode())
        await self.writer.drain()
        return await self._reply()

    async def _reply(self, seconds: float = ANSWER_SECONDS) -> Reply:
        lines = []
        async with asyncio.timeout(seconds):
            while True:
                raw = await self.reader.readline()
                if not raw.endswith(b"\n"):
                    raise asyncio.IncompleteReadError(raw, None)
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                lines.append(line[4:])
                if line[3:4] != "-":
                    return Reply(int(line[:3]), "\n".join(lines))

    async def try_sender(self, sender: str) -> str:
        """Empty when letters of this sender are taken, else the refusal; raises ServerAway."""
        try:
            reply = await self._ask(f"MAIL FROM:<{ascii_address(sender)}>")
            await self._ask("RSET")
        except _BROKEN as error:
            raise ServerAway("broken", type(error).__name__) from error
        return "" if reply.code < 400 else f"{reply.code} {reply.text}"

    async def quit(self) -> None:
        """Say good-bye; whatever happens then is no matter."""
        try:
            if self.is_open:
                async with asyncio.timeout(2):
                    await self._ask("QUIT")
        except _BROKEN:
            pass
        self.abort()

    def abort(self) -> None:
        """Drop the connection."""
        self.is_open = False
        if writer := getattr(self, "writer", None):
            writer.transport.abort()


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
