"""What the OpenAPI document says about signing in, and about errors: the same at every address."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from vendors.api.problems import TITLES

OF_EVERY_REQUEST = (400, 401, 403, 404, 406, 429, 503)
OF_A_BODY = (409, 413, 415, 422)

ROW_ERROR = {
    "type": "object",
    "properties": {
        "row": {"type": "integer", "nullable": True, "description": "From 0 in JSON; the line number in a file."},
        "field": {"type": "string", "nullable": True},
        "code": {"type": "string", "description": "Never translated."},
        "detail": {"type": "string", "description": "What is wrong and the cure, in the language asked for."},
        "found": {"type": "string", "description": "What was sent, where one value is wrong."},
        "expected": {"type": "string", "description": "What would be taken, where it can be said in a word."},
    },
    "required": ["row", "field", "code", "detail"],
}
PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457). Some codes add members, such as the position in a formula.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Never translated."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/RowError"}},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
}


def document_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to every operation the errors it may answer with (a postprocessing hook of drf-spectacular)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update({"RowError": ROW_ERROR, "Problem": PROBLEM})
    components["responses"] = {f"Problem{status}": _problem(status) for status in (*OF_EVERY_REQUEST, *OF_A_BODY)}
    for path in result["paths"].values():
        for method, operation in path.items():
            for status in OF_EVERY_REQUEST + (OF_A_BODY if method in ("post", "patch") else ()):
                reference = {"$ref": f"#/components/responses/Problem{status}"}
                operation["responses"].setdefault(str(status), reference)
    return result


def _problem(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": str(TITLES[status]), "content": content}


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """``Authorization: Api-Key …``."""

    target_class = "vendors.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Api-Key bpo_live_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    """A browser's session, with CSRF."""

    target_class = "vendors.authentication.SessionActorAuthentication"
    name = "Session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
