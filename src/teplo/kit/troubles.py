"""What is wrong when the database or the disk fails, in one word, whichever engine says it.

`locked`: others write, it passes by itself. `full`: the disk takes no more. `read-only`: nothing may be written.
`tables`: they are not those of this code. `damaged`: no database, or a broken one. `away`: it does not answer.
"""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass
from typing import Literal

from django.db import DatabaseError, InterfaceError, OperationalError

Trouble = Literal["locked", "full", "read-only", "tables", "damaged", "away", ""]

_OF_SQLITE: tuple[tuple[str, Trouble], ...] = (
    ("SQLITE_BUSY", "locked"),
    ("SQLITE_LOCKED", "locked"),
    ("SQLITE_PROTOCOL", "locked"),
    ("SQLITE_FULL", "full"),
    # A limit of the file's size, a quota and a full network disk are told so.
    ("SQLITE_IOERR_WRITE", "full"),
    ("SQLITE_IOERR_FSYNC", "full"),
    ("SQLITE_IOERR_TRUNCATE", "full"),
    ("SQLITE_IOERR_SHMSIZE", "full"),
    ("SQLITE_IOERR_SHMOPEN", "read-only"),
    ("SQLITE_IOERR", "away"),
    ("SQLITE_READONLY", "read-only"),
    ("SQLITE_PERM", "read-only"),
    ("SQLITE_CANTOPEN", "away"),
    ("SQLITE_NOTADB", "damaged"),
    ("SQLITE_CORRUPT", "damaged"),
)
_OF_POSTGRESQL: tuple[tuple[str, Trouble], ...] = (
    ("53100", "full"),
    ("25006", "read-only"),
    ("55P03", "locked"),
    ("40001", "locked"),
    ("40P01", "locked"),
    ("57014", "locked"),
    ("53300", "locked"),
    ("42P01", "tables"),
    ("42703", "tables"),
    ("08", "away"),
    ("28", "away"),
    ("3D", "away"),
    ("53", "away"),
    ("57P", "away"),
    ("58", "away"),
)
_OF_SYSTEM: dict[int, Trouble] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read-only",
}


def trouble_of(error: BaseException | None) -> Trouble:
    """One word for an error, or nothing for an error of another kind; the errors it came from are asked too."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if word := _of_one(error):
            return word
        error = error.__cause__ or error.__context__
    return ""


@dataclass(slots=True)
class _Memory:
    """What this process could not write last, and when (monotonic)."""

    trouble: Trouble = ""
    at: float = 0.0


_memory = _Memory()
_LASTING = frozenset({"full", "read-only"})


def note_trouble(error: BaseException) -> Trouble:
    """Remember that the disk takes nothing, until a write succeeds; the word for the log."""
    word = trouble_of(error)
    if word in _LASTING:
        _memory.trouble, _memory.at = word, time.monotonic()
    return word


def note_written() -> None:
    """Something was written: the disk takes it again."""
    _memory.trouble = ""


def trouble_noted() -> tuple[Trouble, float]:
    """What stood in the way of the last write, and how many seconds ago."""
    return _memory.trouble, time.monotonic() - _memory.at


def _of_one(error: BaseException) -> Trouble:
    code = str(getattr(error, "sqlite_errorname", "") or "")
    state = str(getattr(error, "sqlstate", "") or "")
    for start, word in _OF_SQLITE:
        if code.startswith(start):
            return word
    for start, word in _OF_POSTGRESQL:
        if state.startswith(start):
            return word
    if isinstance(error, OSError):
        return _OF_SYSTEM.get(error.errno or 0, "")
    if isinstance(error, DatabaseError) and str(error).startswith(("no such table", "no such column")):
        return "tables"
    # Without a code of its engine: the connection could not be made, or was lost.
    if isinstance(error, OperationalError | InterfaceError) and not _has_code(error.__cause__):
        return "away"
    return ""


def _has_code(error: BaseException | None) -> bool:
    return bool(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None))
