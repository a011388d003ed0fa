"""`@acts_on("person_id")`: an act under a person is refused to a salesperson whose person it is not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase

from teplo.people.owning import refuse_company_not_yours, refuse_not_yours

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
SAFE = ("GET", "HEAD", "OPTIONS")


def acts_on(
    *names: str,
    people: Callable[..., Collection[int]] | None = None,
    unless: Callable[..., bool] | None = None,
    may_look: bool = False,
) -> Callable[[View], View]:
    """Guard a view whose address names people by these arguments; stands below `@requires`.

    `people` finds them from the other arguments (of a pair, of a merge). `unless(user_id, **arguments)` lets in whoever
    the task or deal itself belongs to. With `may_look` the page may be seen, and only sending is refused.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            is_looking = may_look and request.method in SAFE
            is_own = unless is not None and unless(request.user.pk, **kwargs)
            if not (is_looking or is_own):
                meant = people(**kwargs) if people is not None else [kwargs[name] for name in names]
                refuse_not_yours(request.user, meant)
            return view(request, *args, **kwargs)

        guarded.acts_on = names  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def acts_on_company(view: View) -> View:
    """Guard a view under a company, whose address names it as `company_id`; stands below `@requires`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refuse_company_not_yours(request.user, kwargs["company_id"])
        return view(request, *args, **kwargs)

    guarded.acts_on = ("company_id",)  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]
