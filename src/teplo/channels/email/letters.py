"""Letters as bytes, assembled from what is the same for all copies and what is not.

The standard library's EmailMessage makes 300–400 letters a second (LIMITS.md); joining prepared pieces makes tens of
thousands. What comes out is read back by that library in tests (RFC 5322, 2047, 2045, 8058).
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from teplo.kit.idn import ascii_address

CRLF = b"\r\n"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_PLAIN_HEADER = re.compile(r"[\x20-\x7e]*")
_ATOM = re.compile(r"[A-Za-z0-9 !#$%&'*+\-/=?^_`{|}~]+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_WORD_BYTES = 45  # of UTF-8 in one encoded word: 60 characters of base64 and 12 around them stay under 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What all letters of one sender have in common, encoded once."""

    address: str
    name: str = ""
    reply_to: str = ""
    fixed: bytes = field(init=False)

    def __post_init__(self) -> None:
        lines = [b"From: " + mailbox(self.name, self.address)]
        if self.reply_to:
            lines.append(b"Reply-To: " + mailbox("", self.reply_to))
        lines.append(b"MIME-Version: 1.0")
        object.__setattr__(self, "fixed", CRLF.join(lines) + CRLF)

    @property
    def domain(self) -> str:
        """The domain of message ids."""
        return ascii_address(self.address).rpartition("@")[2] or "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one letter says. `base64`: most of it is outside ASCII."""

    to: str
    to_name: str = ""
    subject: str
    text: str
    html: str = ""
    message_id: str
    base64: bool = True
    unsubscribe_url: str = ""
    feedback_id: str = ""


def build(letterhead: Letterhead, content: Content, *, at: datetime) -> bytes:
    """The whole letter with CRLF line ends, not yet dot-stuffed, ending in a line end."""
    head = [
        letterhead.fixed,
        b"To: " + mailbox(content.to_name, content.to) + CRLF,
        b"Subject: " + header(content.subject, used=9) + CRLF,
        b"Date: " + format_datetime(at).encode() + CRLF,
        b"Message-ID: <" + content.message_id.encode() + b">" + CRLF,
    ]
    if content.unsubscribe_url:
        head.append(
            b"List-Unsubscribe: <" + content.unsubscribe_url.encode() + b">\r\n"
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
    if content.feedback_id:
        head.append(b"Feedback-ID: " + content.feedback_id.encode() + CRLF)
    return b"".join(head) + _body(content)


def _body(content: Content) -> bytes:
    if not content.html:
        return _part("plain", content.text, content.base64)
    # no line of base64 or quoted-printable can begin so: "=_" is neither's (RFC 2045, 6.7)
    boundary = b"=_teplo_" + content.message_id[:32].encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n--' + boundary + CRLF,
            _part("plain", content.text, content.base64),
            b"--" + boundary + CRLF,
            _part("html", content.html, content.base64),
            b"--" + boundary + b"--\r\n",
        )
    )


def _part(kind: str, text: str, in_base64: bool) -> bytes:
    raw = _NEWLINE.sub("\r\n", text).encode("utf-8", "replace")
    if in_base64:
        coded = binascii.b2a_base64(raw, newline=False)
        lines = CRLF.join([coded[start : start + 76] for start in range(0, len(coded), 76)]) + CRLF
        how = b"base64"
    else:
        lines, how = binascii.b2a_qp(raw, istext=True), b"quoted-printable"
        lines = _line_ends(lines)
    return (
        b"Content-Type: text/" + kind.encode() + b'; charset="utf-8"\r\nContent-Transfer-Encoding: ' + how + b"\r\n\r\n"
    ) + lines


def _line_ends(lines: bytes) -> bytes:
    """CRLF everywhere and one more at the end, which belongs to the boundary that follows (RFC 2046, 5.1.1)."""
    return lines.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + CRLF


def stuffed(letter: bytes) -> bytes:
    """With dots doubled at line starts (RFC 5321, 4.5.2), without the final dot."""
    letter = letter.replace(b"\r\n.", b"\r\n..")
    return b"." + letter if letter.startswith(b".") else letter


def mailbox(name: str, address: str) -> bytes:
    """`Name <address>`, the name quoted or encoded as needed; line breaks in either are gone."""
    bare = ascii_address(_CONTROL.sub("", address).replace("<", "").replace(">", "").strip())
    spec = b"<" + bare.encode("utf-8", "replace") + b">"
    said = " ".join(_CONTROL.sub(" ", name).split())
    if not said:
        return bare.encode("utf-8", "replace")
    if _ATOM.fullmatch(said) and len(said) < 60:
        shown = said.encode()
    elif _PLAIN_HEADER.fullmatch(said) and len(said) < 60 and "=?" not in said:
        shown = b'"' + said.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    else:
        shown = _encoded_words(said)
    return shown + (b"\r\n " if len(shown) + len(spec) > 60 else b" ") + spec


def header(text: str, *, used: int = 0) -> bytes:
    """Unstructured text of a header: as it is when plain and short, else folded or encoded (RFC 2047)."""
    said = _CONTROL.sub(" ", text).strip()
    if _PLAIN_HEADER.fullmatch(said) and "=?" not in said:
        if len(said) + used <= 76:
            return said.encode()
        if "  " not in said and max(map(len, said.split()), default=0) <= 60:
            return _folded(said, used)
    return _encoded_words(said)


def _folded(said: str, used: int) -> bytes:
    lines, line, width = [], "", used
    for word in said.split(" "):
        if line and width + len(line) + 1 + len(word) > 76:
            lines.append(line)
            line, width = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line]).encode()


def _encoded_words(said: str) -> bytes:
    words, piece = [], b""
    for character in said:
        more = character.encode("utf-8", "replace")
        if len(piece) + len(more) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += more
    words.append(piece)
    return b"\r\n ".join(b"=?utf-8?b?" + binascii.b2a_base64(word, newline=False) + b"?=" for word in words)
