"""Which encoding a text file is in: by its mark, UTF-16 by its zeros, UTF-8 by trying, the rest by letters."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from pathlib import Path

_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONE_BYTE = ("cp1251", "koi8-u", "cp866", "mac-cyrillic", "cp1252")
_FREQUENT = dict(zip("оеаинтсрвлкмдпуіяыьгзбчйхжшюцщєїфэґъёў", range(40, 0, -1), strict=False))
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[a-zA-Z]")

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", *_ONE_BYTE)
"""What a user may choose by hand."""


def find_encoding(path: Path) -> str:
    """The encoding of a text file as Python names it. UTF-8 is tried over the whole file, in pieces."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if wide := _utf16_without_mark(sample):
        return wide
    if _is_utf8(path):
        return "utf-8"
    return _utf8_with_damage(sample) or _by_letters(_part_with_letters(path, sample))


def looks_binary(sample: bytes) -> bool:
    """Whether these are not the bytes of a text at all: zeros or other control codes outside of UTF-16 and UTF-32."""
    if any(sample.startswith(mark) for mark, _ in _MARKS) or _utf16_without_mark(sample):
        return False
    controls = sum(sample.count(code) for code in range(32) if code not in (9, 10, 12, 13, 26, 27))
    return controls > len(sample) // 200


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 of European texts has 0 or 4 in nearly every second byte."""
    if len(sample) < 4 or b"\0" not in sample:
        return None
    evens, odds = sample[0::2], sample[1::2]
    if sum(odds.count(code) for code in (0, 4, 0x20)) > 0.9 * len(odds) and evens.count(0) < 0.1 * len(evens):
        return "utf-16-le"
    if sum(evens.count(code) for code in (0, 4, 0x20)) > 0.9 * len(evens) and odds.count(0) < 0.1 * len(odds):
        return "utf-16-be"
    return None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _utf8_with_damage(sample: bytes) -> str | None:
    """A UTF-8 file with a few broken places (cut, glued together) is still one."""
    text = sample.decode("utf-8", errors="replace")
    whole = sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return "utf-8" if whole >= 20 and text.count("\ufffd") * 20 < whole else None


def _part_with_letters(path: Path, sample: bytes) -> bytes:
    """The sample, or the first piece that has more than ASCII in it."""
    if not sample.isascii():
        return sample
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if not chunk.isascii():
                return chunk
    return sample


def _by_letters(sample: bytes) -> str:
    return max(_ONE_BYTE, key=lambda name: _likeness(sample, name))


def _likeness(sample: bytes, encoding: str) -> float:
    """How much the non-ASCII part of a sample reads like words, on average per such character."""
    text = sample.decode(encoding, errors="replace")
    strange = [char for char in text if char > "\x7f"]
    if not strange:
        return 0.0
    score = -60.0 * sum(
        count for char, count in Counter(strange).items() if not char.isalpha() and char not in "«»№—–’“” €°"
    )
    for word in _WORD.findall(text):
        score += _word_likeness(word)
    return score / len(strange)


def _word_likeness(word: str) -> float:
    strange = [char for char in word if char > "\x7f"]
    if not strange:
        return 0.0
    is_cyrillic = all("\u0400" <= char <= "\u04ff" for char in strange)
    if not is_cyrillic:  # western letters stand among Latin ones: Müller, not Ìóëëåð
        return 25.0 * len(strange) if len(_LETTER.findall(word)) >= len(strange) else -40.0 * len(strange)
    if _LETTER.search(word):
        return -40.0 * len(strange)
    score = float(sum(_FREQUENT.get(char.lower(), 0) for char in strange))
    turns = sum(1 for one, two in zip(word, word[1:], strict=False) if one.islower() and two.isupper())
    return (
        score - 60.0 * turns - (15.0 * len(word) if word[:1].islower() and word[1:].isupper() and len(word) > 1 else 0)
    )
