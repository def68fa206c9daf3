"""JSON Schemas of the answers that Open311 GeoReport v2 describes (wiki.open311.org/GeoReport_v2), stricter than it.

Every field that the specification names is there, and no other; ids are strings, as a ticket number is no number.
"""

from typing import Any

MOMENT = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([-+][0-9]{2}:[0-9]{2}|Z)$",
}
TEXT = {"type": "string", "minLength": 1}
MAYBE_TEXT = {"anyOf": [TEXT, {"type": "null"}]}
MAYBE_NUMBER = {"type": ["number", "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _array(item: dict[str, Any], **more: int) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


SERVICES = _array(
    _object(
        {
            "service_code": TEXT,
            "service_name": TEXT,
            "description": TEXT,
            "metadata": {"type": "boolean"},
            "type": {"enum": ["realtime", "batch", "blackbox"]},
            "keywords": TEXT,
            "group": TEXT,
        }
    ),
    minItems=1,
)

SERVICE_DEFINITION = _object(
    {
        "service_code": TEXT,
        "attributes": _array(
            _object(
                {
                    "variable": {"type": "boolean"},
                    "code": TEXT,
                    "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
                    "required": {"type": "boolean"},
                    "datatype_description": MAYBE_TEXT,
                    "order": {"type": "integer"},
                    "description": TEXT,
                }
            )
        ),
    }
)

REQUESTS = _array(
    _object(
        {
            "service_request_id": TEXT,
            "status": {"enum": ["open", "closed"]},
            "status_notes": MAYBE_TEXT,
            "service_name": TEXT,
            "service_code": TEXT,
            "description": MAYBE_TEXT,
            "agency_responsible": MAYBE_TEXT,
            "service_notice": MAYBE_TEXT,
            "requested_datetime": MOMENT,
            "updated_datetime": MOMENT,
            "expected_datetime": {"anyOf": [MOMENT, {"type": "null"}]},
            "address": MAYBE_TEXT,
            "address_id": MAYBE_TEXT,
            "zipcode": MAYBE_TEXT,
            "lat": MAYBE_NUMBER,
            "long": MAYBE_NUMBER,
            "media_url": MAYBE_TEXT,
        }
    ),
    maxItems=1000,
)

# Either an id or a token, never both; here always the id.
SUBMITTED = _array(
    _object({"service_request_id": TEXT, "service_notice": MAYBE_TEXT, "account_id": MAYBE_TEXT}),
    minItems=1,
    maxItems=1,
)

TOKEN = _array(_object({"service_request_id": TEXT, "token": TEXT}), minItems=1, maxItems=1)

ERRORS = _array(_object({"code": {"type": "integer"}, "description": TEXT}), minItems=1)
