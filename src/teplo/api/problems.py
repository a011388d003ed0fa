"""What the API answers when it cannot do what was asked: problem details (RFC 9457) in the asker's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from teplo.jobs.running import place_of
from teplo.kit.troubles import note_trouble
from teplo.kit.uses import InUse
from teplo.people.owning import NotYours

log = structlog.get_logger(__name__)

TITLES: Mapping[int, Promise] = {
    400: gettext_lazy("This cannot be read"),
    401: gettext_lazy("Who are you?"),
    403: gettext_lazy("This token may not do that"),
    404: gettext_lazy("There is nothing here"),
    409: gettext_lazy("This does not go with how things stand"),
    413: gettext_lazy("This is too much at once"),
    415: gettext_lazy("This is not what is taken here"),
    422: gettext_lazy("This cannot be so"),
    429: gettext_lazy("Too fast"),
    500: gettext_lazy("Something broke on our side"),
    503: gettext_lazy("Not just now"),
}


class Flaw(Schema):
    """One thing that is wrong, and where."""

    place: str = Field(description="Where in what was sent: lines[2].points, query.limit …")
    code: str = Field(description="Stable, for machines.")
    message: str = Field(description="In the language of Accept-Language.")
    line: Annotated[int | None, Field(description="Of a file: the line, from 1.")] = None
    column: Annotated[str | None, Field(description="Of a file or table: the column.")] = None


class ProblemDetails(Schema):
    """Content-Type: application/problem+json."""

    title: str
    status: int
    code: str = Field(description="Stable, for machines.")
    detail: str = Field("", description="What is wrong and what to do, in the language of Accept-Language.")
    errors: list[Flaw] = Field(default_factory=list)


class Problem(Exception):
    """The request cannot be served; the text is what its sender reads."""

    def __init__(
        self, status: int, code: str, detail: str | Promise = "", *, errors: Sequence[Flaw] = (), retry_after: int = 0
    ) -> None:
        super().__init__(str(detail))
        self.status, self.code, self.errors, self.retry_after = status, code, list(errors), retry_after


class NotThere(Problem):
    """There is no such thing."""

    def __init__(self, what: str | Promise) -> None:
        super().__init__(404, "not-found", what)


def answer(problem: Problem) -> HttpResponse:
    """A problem as an answer."""
    title = TITLES.get(problem.status, gettext_lazy("This cannot be done"))
    details = ProblemDetails(
        title=str(title), status=problem.status, code=problem.code, detail=str(problem), errors=problem.errors
    )
    response = JsonResponse(
        details.model_dump(exclude_none=True),
        status=problem.status,
        encoder=DjangoJSONEncoder,
        json_dumps_params={"ensure_ascii": False},
        content_type="application/problem+json",
    )
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def teach(api: NinjaAPI) -> None:
    """Let every failure of an operation become a problem."""

    def answered(kind: type[Exception], make: Callable[[Any], Problem]) -> None:
        api.add_exception_handler(kind, lambda _request, error: answer(make(error)))

    answered(Problem, lambda problem: problem)
    answered(ValidationError, _invalid)
    answered(HttpError, _refused)
    answered(AuthenticationError, lambda _error: unknown_token())
    answered(InUse, lambda error: Problem(409, "in-use", str(error)))
    answered(NotYours, lambda error: Problem(403, "not-yours", str(error)))
    answered(Http404, lambda _error: NotThere(_("There is no such thing.")))
    answered(RequestDataTooBig, lambda _error: too_large())
    answered(SuspiciousOperation, lambda _error: _refused(HttpError(400, "")))
    answered(Exception, _broken)


def unknown_token() -> Problem:
    """Nobody we know."""
    return Problem(401, "token-unknown", _("Send the header “Authorization: Bearer …” with a token that works."))


def too_large() -> Problem:
    """More than is taken at once."""
    return Problem(413, "too-large", _("Send less at once."))


def _refused(error: HttpError) -> Problem:
    if error.status_code == 400:
        return Problem(400, "not-json", _("The body is not the JSON that is expected here."))
    return Problem(error.status_code, "refused", str(error))


def _broken(error: Exception) -> Problem:
    trouble = note_trouble(error)
    log.error("api_failed", error=place_of(error), trouble=trouble)
    if trouble:
        said = {
            "locked": _("The database is busy. Send it again in a few seconds."),
            "full": _("The disk is full: nothing was stored."),
            "read-only": _("The disk is read-only: nothing was stored."),
        }.get(trouble, _("The database does not answer. Send it again in a minute."))
        return Problem(503, f"database-{trouble}", said, retry_after=5 if trouble == "locked" else 30)
    return Problem(500, "broken", _("It is written in the log. Try again in a moment."))


# What pydantic finds wrong, said in our words; what is not here is said in its own.
_SAID: Mapping[str, Promise] = {
    "missing": gettext_lazy("is missing"),
    "int_parsing": gettext_lazy("must be a whole number"),
    "int_type": gettext_lazy("must be a whole number"),
    "int_from_float": gettext_lazy("must be a whole number"),
    "bool_parsing": gettext_lazy("must be true or false"),
    "bool_type": gettext_lazy("must be true or false"),
    "string_type": gettext_lazy("must be a text"),
    "list_type": gettext_lazy("must be a list"),
    "dict_type": gettext_lazy("must be an object"),
    "model_attributes_type": gettext_lazy("must be an object"),
    "decimal_parsing": gettext_lazy("must be a number"),
    "decimal_type": gettext_lazy("must be a number"),
    "date_parsing": gettext_lazy("must be a date such as 2026-11-22"),
    "date_from_datetime_parsing": gettext_lazy("must be a date such as 2026-11-22"),
    "date_type": gettext_lazy("must be a date such as 2026-11-22"),
    "datetime_parsing": gettext_lazy("must be a moment such as 2026-11-22T09:30:00+02:00"),
    "datetime_from_date_parsing": gettext_lazy("must be a moment such as 2026-11-22T09:30:00+02:00"),
    "datetime_type": gettext_lazy("must be a moment such as 2026-11-22T09:30:00+02:00"),
    "timezone_aware": gettext_lazy("must say its time zone, such as 2026-11-22T09:30:00+02:00"),
    "string_too_long": gettext_lazy("has at most %(max_length)s characters"),
    "string_too_short": gettext_lazy("has at least %(min_length)s characters"),
    "string_pattern_mismatch": gettext_lazy("does not look as it must"),
    "too_long": gettext_lazy("has at most %(max_length)s entries"),
    "too_short": gettext_lazy("has at least %(min_length)s entries"),
    "greater_than_equal": gettext_lazy("is at least %(ge)s"),
    "less_than_equal": gettext_lazy("is at most %(le)s"),
    "literal_error": gettext_lazy("is one of %(expected)s"),
    "enum": gettext_lazy("is one of %(expected)s"),
    "extra_forbidden": gettext_lazy("is not known here"),
}


def _invalid(error: ValidationError) -> Problem:
    flaws = [_flaw(each) for each in error.errors[:100]]
    return Problem(422, "invalid", _("Something in the request is not as it must be."), errors=flaws)


def _flaw(error: Mapping[str, Any]) -> Flaw:
    said = _SAID.get(error["type"])
    context = {name: str(value) for name, value in error.get("ctx", {}).items()}
    message = str(said) % context if said is not None else str(error["msg"])
    return Flaw(place=_place(error.get("loc", ())), code=error["type"], message=message)


def _place(path: Sequence[str | int]) -> str:
    """Without the name of our own argument: ("body", "table", "lines", 2, "points") is lines[2].points."""
    head, rest = path[:1], path[1:]
    parts = (rest[1:] or ("body",)) if head == ("body",) else path
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
