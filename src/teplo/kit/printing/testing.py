"""What a PDF file says, for tests: enough of the format to read what our own printer writes."""

from __future__ import annotations

import re
import zlib


def text_of(pdf: bytes) -> str:
    """The text of a file in the order it is drawn, one line per drawn piece, spaces as they stand."""
    objects = _objects(pdf)
    letters = {name: _letters(objects, number) for name, number in _fonts(objects).items()}
    pages = [data for data in objects.values() if b" Tf" in data and b" TJ" in data]
    return "\n".join(_drawn(page, letters) for page in pages)


def fonts_in(pdf: bytes) -> set[str]:
    """Names of the fonts that text is set in."""
    found = (re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", data) for data in _objects(pdf).values())
    return {name.decode() for names in found for name in names}


def _objects(pdf: bytes) -> dict[int, bytes]:
    """Every object by number, streams inflated; those packed into object streams too."""
    found = {}
    for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", pdf, re.S):
        stream = re.search(rb"stream\n(.*)\nendstream", body, re.S)
        data = body if stream is None else zlib.decompress(stream[1]) if b"/FlateDecode" in body else stream[1]
        found[int(number)] = data
        if b"/ObjStm" in body:
            found |= _packed(body, data)
    return found


def _packed(body: bytes, data: bytes) -> dict[int, bytes]:
    first = re.search(rb"/First (\d+)", body)
    assert first is not None
    start = int(first[1])
    numbers = list(map(int, data[:start].split()))
    places = [*(start + offset for offset in numbers[1::2]), len(data)]
    return {number: data[places[n] : places[n + 1]] for n, number in enumerate(numbers[::2])}


def _fonts(objects: dict[int, bytes]) -> dict[bytes, int]:
    """Number of the font object by the name it is used under."""
    return {
        name: int(number) for data in objects.values() for name, number in re.findall(rb"/([A-Z]{6}) (\d+) 0 R", data)
    }


def _letters(objects: dict[int, bytes], font: int) -> dict[bytes, str]:
    """What each glyph of a font says."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(font, b""))
    chart = objects.get(int(found[1]), b"") if found else b""
    return {
        glyph.lower(): bytes.fromhex(said.decode()).decode("utf-16-be")
        for glyph, said in re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", chart)
    }


def _drawn(page: bytes, letters: dict[bytes, dict[bytes, str]]) -> str:
    text, font = [], {}
    for name, shown, moved in re.findall(rb"/([A-Z]{6}) [\d.]+ Tf|\[(.*?)\] TJ|(Tm)", page):
        if name:
            font = letters.get(name, {})
        elif moved:
            text.append("\n")
        else:
            glyphs = b"".join(re.findall(rb"<([0-9a-fA-F]+)>", shown)).lower()
            text.append("".join(font.get(glyphs[n : n + 4], "") for n in range(0, len(glyphs), 4)))
    return "".join(text)
