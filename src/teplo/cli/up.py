"""`teplo up`: everything in one process, for one person trying and for a small team."""

from __future__ import annotations

import os
import sys
import threading
from typing import Annotated

import typer
from django.conf import settings
from django.db import connection

from teplo.accounts.inviting import make_owner_link
from teplo.cli.bringing_up import bring_up
from teplo.cli.serving import open_port, serve
from teplo.pipeline import worker

JOIN_SECONDS = 2.5  # for the worker's loops at the end


def up(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Start Teplo: screens, collector and worker in one process."""
    listener = open_port(host, port)
    bring_up(on_server=True)
    stop = threading.Event()
    worker_thread = threading.Thread(target=worker.run, args=(stop,), name="teplo-worker", daemon=True)
    worker_thread.start()
    _greet(port, host)
    try:
        serve("teplo.config.asgi:make_whole", listener)
    finally:
        stop.set()
        worker_thread.join(JOIN_SECONDS)
    sys.stdout.write("Teplo has ended.\n")
    sys.stdout.flush()
    # Threads that make pages may still wait for a slow client; everything durable is written by now.
    os._exit(0)


def _greet(port: int, host: str) -> None:
    here = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host  # noqa: S104
    address = settings.PUBLIC_URL or f"http://{here}:{port}"
    sys.stdout.write(f"Teplo is at {address} (Ctrl-C ends it)\n")
    link = make_owner_link(base_url=address)
    if link:
        sys.stdout.write(f"Create your account (one-time link): {link}\n")
    sys.stdout.flush()
    connection.close()
