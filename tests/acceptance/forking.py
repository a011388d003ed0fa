"""Runs `teplo` commands asked for on stdin, each in a fork of a process that has loaded it: hundreds would otherwise
be hundreds of cold starts.

A line in: JSON of arguments, folder and standard input. A line out: JSON of exit code, output and errors.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
from typing import Any, BinaryIO

from teplo.cli.main import app

SECONDS = 300


def run(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        given.write(asked["input"].encode())
        given.seek(0)
        process = os.fork()
        if process == 0:
            _become(asked, given, out, errors)
        timer = threading.Timer(SECONDS, os.kill, (process, signal.SIGKILL))
        timer.start()
        _, status = os.waitpid(process, 0)
        timer.cancel()
        return {"code": os.waitstatus_to_exitcode(status), "out": _read(out), "errors": _read(errors)}


def _become(asked: dict[str, Any], given: BinaryIO, out: BinaryIO, errors: BinaryIO) -> None:
    for number, file in enumerate((given, out, errors)):
        os.dup2(file.fileno(), number)
    os.chdir(asked["folder"])
    sys.argv = ["teplo", *asked["arguments"]]
    code: Any = 0
    try:
        app(asked["arguments"])
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _read(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


main()
