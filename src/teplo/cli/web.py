"""`teplo web`: the screens and the API (and the collector), without a worker."""

from __future__ import annotations

from typing import Annotated

import typer

from teplo.cli.bringing_up import bring_up_if_empty
from teplo.cli.serving import open_port, serve


def web(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the screens, the API and the collector. Any number of these processes may run."""
    listener = open_port(host, port)
    bring_up_if_empty()
    serve("teplo.config.asgi:make_whole", listener)
