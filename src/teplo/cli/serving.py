"""What every serving command needs: a free port, said clearly when it is not, and an end within seconds."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys

import typer
import uvicorn

GRACE_SECONDS = 2  # for requests in flight at the end


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket; a busy port ends the program with a sentence that says what to do."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        reason = {
            errno.EADDRINUSE: f"Port {port} is busy: another program uses it. Choose another one: PORT={port + 1}",
            errno.EACCES: f"Port {port} needs more rights than this user has. Choose one above 1024: PORT=8000",
        }.get(error.errno or 0, f"Cannot listen on {host}:{port}: {error.strerror}")
        sys.stderr.write(f"{reason}\n")
        raise typer.Exit(1) from None
    listener.listen(2048)
    return listener


def serve(application: str, listener: socket.socket) -> None:
    """Serve an application factory (module:name) until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        application,
        factory=True,
        http="httptools",
        loop="uvloop",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,  # `config.asgi` looks behind trusted proxies itself
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
    )
    # uvicorn raises the signal anew after its own clean end; ours has more to end than the server.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listener]))
