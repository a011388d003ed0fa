"""Forks Teplo processes that are ready at once: hundreds of kills would otherwise be hundreds of cold starts.

Reads lines `LOG<TAB>ARG<TAB>ARG…` from stdin, answers the id of the new process. The processes are real ones: what is
killed is the whole of `teplo work`, `teplo collect` or `teplo up`.
"""

from __future__ import annotations

import os
import signal
import sys

import teplo.config.asgi  # noqa: F401 - loaded once for all
from teplo.cli.main import app


def spawn(log: str, arguments: list[str]) -> int:
    process = os.fork()
    if process:
        return process
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["teplo", *arguments]
    try:
        app(arguments)
    finally:
        os._exit(0)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        log, *arguments = line.rstrip("\n").split("\t")
        print(spawn(log, arguments), flush=True)


main()
