"""Who calls: the one place where screens and API ask for the address of a request."""

from __future__ import annotations

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address. Behind a trusted proxy the front (config/asgi.py) has put in what that proxy says."""
    return str(request.META.get("REMOTE_ADDR", ""))
