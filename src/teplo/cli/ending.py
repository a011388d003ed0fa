"""How every command ends: with a sentence and an exit code, whatever a user did wrong or the machine refused.

Exit codes beside those of each command: 1 the machine or the database refuses, 2 a setting or a file is no use,
70 a fault of Teplo's own, 130 stopped by Ctrl-C, 141 nobody reads the output any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import typer
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from teplo.kit.environment import WrongSetting, reason
from teplo.kit.schema import OtherSchema
from teplo.kit.troubles import trouble_of

FAILED, REFUSED, OWN_FAULT, STOPPED, UNREAD = 1, 2, 70, 130, 141


class Commands(TyperGroup):
    """The commands of `teplo`: whichever runs, it ends as this module says."""

    def invoke(self, ctx: Any) -> Any:
        with ending_in_a_sentence():
            answer = super().invoke(ctx)
            sys.stdout.flush()
            return answer


@contextmanager
def ending_in_a_sentence() -> Iterator[None]:
    """No traceback but for a fault of our own, and that only with TEPLO_DEBUG=1."""
    try:
        yield
    except (TyperException, typer.Exit, typer.Abort, SystemExit):
        _let_go_of_closed_output()
        raise
    except BrokenPipeError:
        _let_go_of_closed_output()
        raise typer.Exit(UNREAD) from None
    except KeyboardInterrupt:
        _end("Stopped.", STOPPED)
    except WrongSetting as error:
        _end(str(error), REFUSED)
    except (DatabaseError, InterfaceError) as error:
        _end_without_database(error)
    except OSError as error:
        _end(_said_by_system(error), REFUSED)
    except MemoryError:
        _end("There is not enough memory for this.", FAILED)
    except Exception as error:
        if settings.DEBUG:
            raise
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        _end(f"A fault inside Teplo, not yours: {said} (TEPLO_DEBUG=1 shows where).", OWN_FAULT)


def said_by_database(error: BaseException) -> str:
    """What is wrong with the database, and what helps."""
    if isinstance(error, OtherSchema):
        named = ", ".join(error.difference.missing[:3])
        return f"The database lacks tables of this program ({named} …). Run: teplo migrate"
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    place = settings.DATABASES["default"]["NAME"]
    return {
        "locked": "The database is busy: another program is writing to it. Try again in a moment.",
        "full": f"The disk is full or takes nothing more: {place} could not be written. Nothing is half done.",
        "read-only": f"{place} may not be written to: the folder or the disk is read-only.",
        "tables": f"The tables of the database are not those of this program ({first}). Run: teplo migrate",
        "damaged": f"{place} is not a database of Teplo, or it is damaged ({first}).",
        "away": f"The database does not answer: {first}",
    }.get(trouble_of(error), f"The database refuses: {first}")


def _end_without_database(error: BaseException) -> NoReturn:
    _end(said_by_database(error), FAILED)


def _said_by_system(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{reason(error)}"


def _end(said: str, code: int) -> NoReturn:
    with suppress(OSError):
        sys.stderr.write(f"{said}\n")
        sys.stderr.flush()
    _let_go_of_closed_output()
    raise typer.Exit(code) from None


def _let_go_of_closed_output() -> None:
    """What is still unwritten goes nowhere when nobody reads, so that the interpreter's own end does not fail on it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
