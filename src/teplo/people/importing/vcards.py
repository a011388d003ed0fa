"""vCards: contacts as phones and mail programs export them, versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350).

Each card becomes a row under headings that the import knows. Folded lines, quoted-printable and base64 with a charset
of their own are undone; pictures, keys and sounds are passed over.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from teplo.people.importing.bounds import LONGEST_CELL, LONGEST_LINE
from teplo.people.importing.full_names import is_organisation, split_full_name

HEADINGS = (
    "Full name", "First name", "Middle name", "Last name", "E-mail", "Phone", "Telegram", "WhatsApp", "Viber", "VK",
    "Company", "Job title", "City", "Country", "Website", "Birthday", "Labels", "Note",
)  # fmt: skip
_PLACE = {heading: place for place, heading in enumerate(HEADINGS)}
_BEGIN = re.compile(r"\ufeff?\s*BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_UNESCAPED = re.compile(r"\\([nN,;:\\])")
_SPLIT = re.compile(r"(?<!\\)((?:\\\\)*);")
_COMMA = re.compile(r"(?<!\\)((?:\\\\)*),")
_TEL = re.compile(r"^tel:|;(?:ext|phone-context|isub)=.*$", re.IGNORECASE)
"""What RFC 3966 writes around a number."""
_MESSENGERS = {"telegram": "Telegram", "tg": "Telegram", "whatsapp": "WhatsApp", "viber": "Viber", "vk": "VK"}
_LONGEST_CARD = 20_000  # lines


class Property(NamedTuple):
    """A line of a card: `name` in capitals, parameters in capitals → values, the value decoded but still escaped."""

    name: str
    params: dict[str, list[str]]
    value: str


def is_vcard(text: str) -> bool:
    """Whether a text begins as a card."""
    return _BEGIN.match(text) is not None


def card_rows(path: Path, encoding: str) -> Iterator[list[str]]:
    """A row for every card."""
    with path.open(encoding=encoding, errors="replace") as file:
        card: list[Property] | None = None
        for line in _unfolded(_lines(file)):
            found = _read(line, encoding)
            if found is None:
                continue
            if found.name == "BEGIN" and found.value.strip().upper() == "VCARD":
                card = []
            elif found.name == "END" and card is not None:
                yield _row(card)
                card = None
            elif card is not None and len(card) < _LONGEST_CARD:
                card.append(found)
        if card:
            yield _row(card)  # a file that was cut off


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        yield line.rstrip("\r\n").replace("\0", "")


def _unfolded(lines: Iterator[str]) -> Iterator[str]:
    """Whole lines: a space at the beginning goes on with the line before, as does `=` at the end in 2.1."""
    whole: list[str] = []
    is_soft = False
    for line in lines:
        if whole and is_soft:
            whole[-1] = whole[-1][:-1]
            whole.append(line.lstrip("\t") if line[:1] == "\t" else line)
        elif whole and line[:1] in (" ", "\t"):
            whole.append(line[1:])
        else:
            if whole:
                yield "".join(whole)
            whole = [line]
        is_soft = line.endswith("=") and "QUOTED-PRINTABLE" in whole[0].upper()
    if whole:
        yield "".join(whole)


def _read(line: str, encoding: str) -> Property | None:
    head, colon, value = _at_colon(line)
    if not colon:
        return None
    parts = head.split(";")
    name = parts[0].rpartition(".")[2].strip().upper()
    params: dict[str, list[str]] = {}
    for part in parts[1:]:
        key, equals, said = part.partition("=")
        key, said = (key.strip().upper(), said) if equals else _bare(key)
        params.setdefault(key, []).extend(word.strip().strip('"') for word in said.split(","))
    return Property(name, params, _decoded(value, params, encoding))


def _at_colon(line: str) -> tuple[str, str, str]:
    """The line cut at its first colon that stands outside of quotes."""
    quoted = False
    for place, char in enumerate(line[:2000]):
        if char == '"':
            quoted = not quoted
        elif char == ":" and not quoted:
            return line[:place], ":", line[place + 1 :]
    return line, "", ""


def _bare(word: str) -> tuple[str, str]:
    """A parameter of 2.1 without a name: an encoding, or a type."""
    plain = word.strip().upper()
    return ("ENCODING", plain) if plain in ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT") else ("TYPE", plain)


def _decoded(value: str, params: dict[str, list[str]], encoding: str) -> str:
    how = (params.get("ENCODING") or [""])[0].upper()
    charset = (params.get("CHARSET") or [encoding])[0]
    try:
        if how == "QUOTED-PRINTABLE":
            raw = quopri.decodestring(value.encode(encoding, "replace"))
        elif how in ("BASE64", "B"):
            raw = base64.b64decode("".join(value.split()), validate=False)
        else:
            return value
        return raw.decode(charset, "replace")
    except (LookupError, ValueError, binascii.Error):
        return value


def _row(card: list[Property]) -> list[str]:
    cells: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
    for found in card:
        _PUT.get(found.name, _pass)(cells, found)
    if not any(cells[name] for name in ("First name", "Last name")):
        _take_apart(cells)
    cells["Full name"] = []  # the parts say it better
    return ["\n".join(dict.fromkeys(cells[heading]))[:LONGEST_CELL] for heading in HEADINGS]


def _take_apart(cells: dict[str, list[str]]) -> None:
    """The whole name of a card that has no parts of it; a firm's is its company."""
    whole = " ".join(cells["Full name"][:1])
    parts = split_full_name(whole)
    for heading, text in zip(("First name", "Middle name", "Last name"), parts, strict=True):
        cells[heading] = [text] if text else []
    if not any(parts) and is_organisation(whole) and not cells["Company"]:
        cells["Company"] = [whole]


def _pass(cells: dict[str, list[str]], found: Property) -> None:
    """A property that says nothing we keep."""


def _put(cells: dict[str, list[str]], heading: str, text: str) -> None:
    if plain := _plain(text).strip():
        cells[heading].append(plain)


def _plain(text: str) -> str:
    whole = text.replace("\r\n", "\n")
    return _UNESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], whole)


def _fields(value: str) -> list[str]:
    """The parts of a structured value."""
    return [_plain(part).strip() for part in _SPLIT.sub("\\1\0", value).split("\0")]


def _name(cells: dict[str, list[str]], found: Property) -> None:
    last, first, middle, *_ = [*_fields(found.value), "", "", ""]
    for heading, text in (("Last name", last), ("First name", first), ("Middle name", middle)):
        if text and not cells[heading]:
            cells[heading].append(text)


def _organisation(cells: dict[str, list[str]], found: Property) -> None:
    if (name := _fields(found.value)[0]) and not cells["Company"]:
        cells["Company"].append(name)


def _address(cells: dict[str, list[str]], found: Property) -> None:
    parts = [*_fields(found.value), *[""] * 7]
    for heading, text in (("City", parts[3]), ("Country", parts[6])):
        if text and not cells[heading]:
            cells[heading].append(text)


def _phone(cells: dict[str, list[str]], found: Property) -> None:
    types = {word.upper() for word in found.params.get("TYPE", [])}
    if not types & {"FAX", "PAGER"} or types & {"VOICE", "CELL"}:
        _put(cells, "Phone", _TEL.sub("", found.value.strip()))


def _messenger(cells: dict[str, list[str]], found: Property) -> None:
    scheme, _, handle = found.value.strip().partition(":")
    named = [scheme, *found.params.get("X-SERVICE-TYPE", []), *found.params.get("SERVICE-TYPE", []),
             *found.params.get("TYPE", []), found.name.removeprefix("X-")]  # fmt: skip
    heading = next((_MESSENGERS[word.lower()] for word in named if word.lower() in _MESSENGERS), None)
    if heading:
        _put(cells, heading, handle or scheme)


def _one(heading: str) -> Callable[[dict[str, list[str]], Property], None]:
    def put(cells: dict[str, list[str]], found: Property) -> None:
        if not cells[heading]:
            _put(cells, heading, found.value)

    return put


def _mail(cells: dict[str, list[str]], found: Property) -> None:
    _put(cells, "E-mail", re.sub(r"^mailto:", "", found.value.strip(), flags=re.IGNORECASE))


def _labels(cells: dict[str, list[str]], found: Property) -> None:
    _put(cells, "Labels", ", ".join(_plain(part).strip() for part in _COMMA.sub("\\1\0", found.value).split("\0")))


def _note(cells: dict[str, list[str]], found: Property) -> None:
    _put(cells, "Note", found.value)


_PUT: dict[str, Callable[[dict[str, list[str]], Property], None]] = {
    "FN": _one("Full name"), "N": _name, "EMAIL": _mail, "TEL": _phone, "ORG": _organisation,
    "TITLE": _one("Job title"),
    "ADR": _address, "URL": _one("Website"), "BDAY": _one("Birthday"), "CATEGORIES": _labels, "NOTE": _note,
    "IMPP": _messenger, "X-SOCIALPROFILE": _messenger, "X-TELEGRAM": _messenger, "X-WHATSAPP": _messenger,
    "X-VIBER": _messenger, "X-VK": _messenger,
}  # fmt: skip
