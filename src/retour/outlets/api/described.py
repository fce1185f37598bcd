"""What OpenAPI says of the routes that FastAPI cannot read by itself, and of every refusal."""

from typing import Any

from retour.flow.check import MOST
from retour.model import MailKind
from retour.outlets.api.problems import CATALOGUE, MEDIA_TYPE
from retour.vet import Code, Practical, Rfc

SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "rk_…",
        "description": "API key of an account, or of the staff (then choose `?account=`).",
    }
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details, with the field at fault and what to do.",
    "required": ["type", "title", "status", "detail", "remedy"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/account_unknown"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": ["string", "null"]},
        "remedy": {"type": "string"},
    },
}

PARAMETERS = {
    "file": "name of a file of the check",
    "limit": "Rows on the page, at most.",
    "id": "Id of it, as the list shows it.",
    "message": "Id of the message, as the list shows it.",
    "name": "Name of the problem, the last part of its `type`.",
    "campaign": "Campaign of the send.",
    "domain": "One domain.",
    "raw": "With the bytes.",
    "account": "Left out by a key of an account, given by a staff key.",
}
"""What a parameter means on every route that says nothing more of it."""

REPEAT = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Sent again with the same key, the same request is done once, and its answer given again.",
    "example": "5f3c0d6e-7f0b-4f5e-9a55-2f4d1c0b9e11",
}
"""What every write may carry (draft-ietf-httpapi-idempotency-key-header-07)."""

_KIND = {"type": "string", "enum": [kind.value for kind in MailKind], "default": "mailing"}
_RESULT = {
    "address": {"type": "string"},
    "decision": {"type": "string", "enum": ["send", "hold", "stop"]},
    "why": {
        "type": "string",
        "description": "empty, a cause (`hard` …), `unsubscribed`, `incident`, `correction`, `never_stop` "
        "or `no_address`",
    },
    "until": {"type": ["string", "null"], "description": "when time alone will free the address"},
    "would_be": {
        "type": ["string", "null"],
        "description": "what the answer would have been, under a policy that only observes",
    },
}
_EXAMPLE = {"address": "ann@b.example", "decision": "stop", "why": "hard", "until": None, "would_be": None}
_WHOSE = {"account": {"type": "string"}, "kind": _KIND}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


def _json(schema: dict[str, Any], example: object) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema, "example": example}}}


def _query(name: str, schema: dict[str, Any], description: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description, "required": required}


_ACCOUNT = _query("account", {"type": "string"}, "Left out by a key of an account, given by a staff key.")

CHECK_ONE: dict[str, Any] = {
    "summary": "May this address be sent mail?",
    "openapi_extra": {
        "parameters": [
            _query("address", {"type": "string", "example": "ann@b.example"}, "The address.", required=True),
            _query("kind", _KIND, "What sort of mail."),
            _ACCOUNT,
        ],
        "responses": {
            "200": {
                "description": "The decision and its reason",
                **_json(_object({**_RESULT, **_WHOSE}), {**_EXAMPLE, "account": "demo", "kind": "mailing"}),
            }
        },
    },
}

SUGGEST: dict[str, Any] = {
    "summary": "Is this an address, and what was probably meant?",
    "openapi_extra": {
        "parameters": [
            _query(
                "address", {"type": "string", "example": "ann@gmial.com"}, "As it was typed.", required=True
            ),
            _ACCOUNT,
        ],
        "responses": {
            "200": {
                "description": "What the string itself says; nothing of what is known about the address",
                **_json(
                    _object(
                        {
                            "address": {"type": "string"},
                            "rfc": {"type": "string", "enum": [each.value for each in Rfc]},
                            "practical": {"type": "string", "enum": [each.value for each in Practical]},
                            "reasons": {
                                "type": "array",
                                "items": {"type": "string", "enum": [each.value for each in Code]},
                            },
                            "suggestion": {"type": ["string", "null"]},
                            "odds": {"type": ["number", "null"]},
                        }
                    ),
                    {
                        "address": "ann@gmial.com",
                        "rfc": "valid",
                        "practical": "warn",
                        "reasons": ["squat"],
                        "suggestion": "ann@gmail.com",
                        "odds": 500.0,
                    },
                ),
            }
        },
    },
}

CHECK_MANY: dict[str, Any] = {
    "summary": "May these addresses be sent mail? Up to 10,000 in a call",
    "openapi_extra": {
        "parameters": [_ACCOUNT],
        "requestBody": {
            "required": True,
            **_json(
                _object(
                    {
                        "addresses": {"type": "array", "items": {"type": "string"}, "maxItems": MOST},
                        **_WHOSE,
                    },
                    ["addresses"],
                ),
                {"addresses": ["ann@b.example", "bob@b.example"], "kind": "mailing"},
            ),
        },
        "responses": {
            "200": {
                "description": "The decisions, in the order of the addresses",
                **_json(
                    _object({**_WHOSE, "results": {"type": "array", "items": _object(_RESULT)}}),
                    {"account": "demo", "kind": "mailing", "results": [_EXAMPLE]},
                ),
            }
        },
    },
}


def refusals(*statuses: int) -> dict[str, Any]:
    """The responses of these statuses, each with the problems that it may mean."""
    return {
        str(status): {
            "description": "; ".join(
                f"`{name}`: {entry['en']['title']}"
                for name, entry in CATALOGUE.items()
                if entry["status"] == status
            ),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
