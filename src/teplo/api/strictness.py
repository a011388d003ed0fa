"""Names in the query of a request that its operation does not know are refused, as those of a body are.

A slip of the pen (`temperatur=hot`) would otherwise be ignored, and everybody answered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja.operation import Operation

from teplo.api.problems import Flaw, Problem


def refuse_unknown_names(router: Router) -> None:
    """Make every operation of a router strict; called before it is mounted."""
    for view in router.path_operations.values():
        for operation in view.operations:
            operation.view_func = _strict(operation.view_func, known_names(operation))


def known_names(operation: Operation) -> frozenset[str]:
    """What may stand in the query of an operation."""
    models = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return frozenset(name for model in models for name in model.__ninja_flatten_map__)


def _strict(function: Callable[..., Any], known: frozenset[str]) -> Callable[..., Any]:
    @wraps(function)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        flaws = [_unknown(name) for name in request.GET if name not in known]
        flaws += [_repeated(name) for name, values in request.GET.lists() if name in known and len(values) > 1]
        if flaws:
            raise Problem(422, "invalid", _("Something in the request is not as it must be."), errors=flaws[:100])
        return function(request, *args, **kwargs)

    return checked


def _unknown(name: str) -> Flaw:
    return Flaw(place=f"query.{name[:100]}", code="extra_forbidden", message=_("is not known here"))


def _repeated(name: str) -> Flaw:
    return Flaw(place=f"query.{name}", code="repeated", message=_("is said more than once"))
