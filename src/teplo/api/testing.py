"""A caller with a token, for tests of the API."""

from __future__ import annotations

from typing import Any

from django.test import Client

from teplo.accounts.models import Role
from teplo.accounts.tokens import create_token


class Caller:
    """Speaks JSON with a token of a role; `role` None: without any token."""

    def __init__(self, role: str | None = Role.ADMINISTRATOR, *, language: str = "en", by: int | None = None) -> None:
        self._client = Client(raise_request_exception=False)
        self._headers = {"Accept-Language": language}
        if role is not None:
            self._headers["Authorization"] = f"Bearer {create_token(name='test', role=role, by=by)[1]}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer; `path` begins behind /api/v1. A body that is text or bytes goes as text/csv."""
        is_text = isinstance(body, str | bytes)
        address = f"/api/v1{path}"
        sent: dict[str, Any] = {} if body is None else {"data": body}
        sent["content_type"] = "text/csv" if is_text else "application/json"
        if query:
            sent["query_params"] = query
        return getattr(self._client, method.lower())(address, headers=self._headers, **sent)

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("get", path, **query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.ask("post", path, {} if body is None else body, **query)
