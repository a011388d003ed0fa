"""The description of the API (OpenAPI 3.1): what ninja knows of operations, and what holds for all of them."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from teplo.api.problems import TITLES, ProblemDetails
from teplo.people.consent import CHANNELS
from teplo.tracking.collector import MAX_EVENTS

EVERYWHERE = (401, 403, 422, 429)
_METHODS = ("get", "post", "put", "patch", "delete")


class Api(NinjaAPI):
    """Describes itself with short names and with the problems that any operation may answer."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        schema = super().get_openapi_schema(path_prefix="/api/v1/")
        components = schema["components"]
        components.setdefault("schemas", {}).update(_problem_schemas())
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        components["responses"] = {str(status): _problem(status) for status in TITLES}
        for route, operations in schema["paths"].items():
            for method, operation in operations.items():
                if method in _METHODS:
                    _complete(route, method, operation)
        schema["paths"]["/api/v1/events"] = {"post": _events()}
        return schema


def _complete(route: str, method: str, operation: dict[str, Any]) -> None:
    """What ninja does not know: problems, and one name of the security scheme."""
    operation["security"] = [{"token": []}]
    operation.get("parameters", []).sort(key=lambda parameter: parameter["in"] != "path")
    is_of_one = "{" in route or route.endswith("/find")
    statuses = [
        *EVERYWHERE,
        *([404] if is_of_one or method != "get" else []),
        *([409] if method != "get" else []),
        *([400, 413] if "requestBody" in operation else []),
    ]
    answers = {str(status): found for status, found in operation["responses"].items()}
    for status in statuses:
        answers.setdefault(str(status), {"$ref": f"#/components/responses/{status}"})
    operation["responses"] = dict(sorted(answers.items()))


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": str(TITLES[status]), "content": {"application/problem+json": {"schema": schema}}}


def _problem_schemas() -> dict[str, Any]:
    whole = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**whole.pop("$defs", {}), "ProblemDetails": whole}


def _events() -> dict[str, Any]:
    """The collector's door, which is not Django's: described here by hand (docs/events.md)."""
    event = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "time": {"type": ["string", "integer"]},
            "visitor": {"type": "string"},
            "person": {"type": "string"},
            "identities": {"type": "object", "additionalProperties": {"type": "string"}},
            "url": {"type": "string"},
            "referrer": {"type": "string"},
            "utm": {"type": "object"},
            "properties": {"type": "object"},
            "attributes": {"type": "object"},
            "consent": {
                "type": "object",
                "propertyNames": {"enum": list(CHANNELS)},
                "additionalProperties": {"type": "boolean"},
            },
            "consent_text": {"type": "string", "description": "Key of a consent text, with its version: news@3"},
        },
    }
    many = {
        "type": "object",
        "required": ["events"],
        "properties": {"events": {"type": "array", "items": event, "minItems": 1, "maxItems": MAX_EVENTS}},
    }
    taken = {"type": "object", "properties": {"accepted": {"type": "integer"}, "errors": {"type": "array"}}}
    refused = {"type": "object", "properties": {"error": {"type": "object"}}}
    said = {202: "Committed", 207: "Some were refused", 400: "Malformed", 401: "Unknown token", 413: "Too large",
            415: "Not JSON", 422: "All refused", 503: "Send it again after Retry-After"}  # fmt: skip
    return {
        "operationId": "send_events",
        "summary": "Send events, one or many; answered once they are committed",
        "tags": ["events"],
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": [event, many]}}}},
        "responses": {
            str(status): {
                "description": text,
                "content": {"application/json": {"schema": taken if status in (202, 207) else refused}},
            }
            for status, text in said.items()
        },
    }
