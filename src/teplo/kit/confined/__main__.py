"""The child: reads one request from its input, confines itself, calls the function, writes what it yields, and ends."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import GeneratorType
from typing import Any

import msgspec

from teplo.kit.confined.limits import Limits, confine


def main() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer of ours
    length = int.from_bytes(sys.stdin.buffer.read(4), "big")
    name, args, limits = msgspec.msgpack.decode(sys.stdin.buffer.read(length))
    confine(Limits(**limits))

    def tell(kind: str, value: Any = None) -> None:
        data = msgspec.msgpack.encode((kind, value))
        out.write(len(data).to_bytes(4, "big"))
        out.write(data)
        out.flush()

    try:
        module, _, function = name.partition(":")
        answer = getattr(import_module(module), function)(*args)
        for item in answer if isinstance(answer, GeneratorType) else (answer,):
            tell("item", item)
    except BrokenPipeError:
        return  # nobody wants the rest
    except MemoryError:
        tell("overran", "memory")
    except Exception as error:
        if isinstance(code := getattr(error, "code", None), str):
            tell("refused", (code, getattr(error, "params", {})))
        else:
            tell("overran", f"crashed: {_place_of(error)}")
    else:
        tell("end")


def _place_of(error: Exception) -> str:
    """The kind of an error and the line it came from: its text may quote the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


if __name__ == "__main__":
    main()
