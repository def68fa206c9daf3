"""Why a request is not taken, in sentences for the caller: which field, what is wrong, what would be right.

No sentence ever repeats what was sent: it may be somebody's telephone number, and errors end up in logs.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is the path in what was sent, as in ``reporter.phone``; empty where the whole is meant."""

    field: str
    zh: str
    en: str


def explain(findings: Iterable[Mapping[str, Any]], branches: Container[object] = ()) -> list[FieldError]:
    """Pydantic's findings (``ValidationError.errors()``) as sentences.

    `branches` are steps that pydantic and FastAPI put before the field and the caller never wrote: the member of a
    union, or ``body`` and ``query``.
    """
    return [_sentence(_path(found["loc"], branches), found["type"], found.get("ctx", {})) for found in findings]


# The name of an unknown field is the caller's text too; only what looks like a name is repeated.
_LOOKS_LIKE_A_NAME = re.compile(r"[A-Za-z_][A-Za-z_]{0,39}")


def _path(location: tuple[int | str, ...], branches: Container[object]) -> str:
    steps = location[1:] if location and location[0] in branches else location
    return ".".join(str(step) if _LOOKS_LIKE_A_NAME.fullmatch(str(step)) else "?" for step in steps)


def _sentence(field: str, kind: str, context: Mapping[str, Any]) -> FieldError:
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        field = "channel"
    zh, en = _SENTENCES.get(kind, _OTHERWISE)
    limits = {name: value for name, value in context.items() if isinstance(value, int | str)}
    return FieldError(
        field, zh.format(field=field or "提交的内容", **limits), en.format(field=field or "The submission", **limits)
    )


_NOT_A_TIME = (
    "“{field}”不是有效的时间，应写成 2026-11-24T09:30:00+08:00 这样的格式。",
    "{field} is not a time; write it as in 2026-11-24T09:30:00+08:00.",
)
_NOT_AN_OBJECT = (
    "“{field}”应为 JSON 对象（花括号）。",
    "{field} must be a JSON object (in braces).",
)
_NOT_A_NUMBER = ("“{field}”应为整数。", "{field} must be a whole number.")
_NOT_AN_ID = ("“{field}”不是有效的编号（UUID）。", "{field} is not a valid id (UUID).")
_OTHERWISE = ("“{field}”的内容无效。", "{field} is not valid.")
# By pydantic's error type; the names in braces are its own, and all of them are ours, never the caller's.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": ("缺少必填项“{field}”。", "{field} is missing; it is required."),
    "extra_forbidden": (
        "不认识的字段“{field}”，请删除或改正字段名。",
        "{field} is not known here; remove it or mend its name.",
    ),
    "string_type": ("“{field}”应为文字（字符串）。", "{field} must be a string."),
    "string_too_short": (
        "“{field}”不能为空，至少需要 {min_length} 个字符。",
        "{field} must have at least {min_length} character(s).",
    ),
    "string_too_long": (
        "“{field}”过长，最多 {max_length} 个字符。",
        "{field} must have at most {max_length} characters.",
    ),
    # The one field with a pattern is a department's code.
    "string_pattern_mismatch": (
        "“{field}”应为单位代码：小写字母、数字和连字符，如 water-bureau。",
        "{field} must be a department code: lower-case letters, digits and hyphens, as in water-bureau.",
    ),
    "not_on_one_line": (
        "“{field}”应在一行内，首尾不留空格，不含控制字符。",
        "{field} must be on one line, without control characters and without spaces at either end.",
    ),
    "enum": (
        "“{field}”的取值不对，应为以下之一：{expected}。",
        "{field} must be one of {expected}.",
    ),
    "timezone_aware": (
        "“{field}”没有写明时区，应写成 2026-11-24T09:30:00+08:00 这样的格式。",
        "{field} has no offset from UTC; write it as in 2026-11-24T09:30:00+08:00.",
    ),
    "time_out_of_range": (
        "“{field}”的年份应在 1900 至 2100 之间。",
        "{field} must lie between the years 1900 and 2100.",
    ),
    "greater_than_equal": ("“{field}”不能小于 {ge}。", "{field} must be at least {ge}."),
    "less_than_equal": ("“{field}”不能大于 {le}。", "{field} must be at most {le}."),
    "int_parsing": _NOT_A_NUMBER,
    "int_type": _NOT_A_NUMBER,
    "uuid_parsing": _NOT_AN_ID,
    "uuid_type": _NOT_AN_ID,
    "datetime_type": _NOT_A_TIME,
    "datetime_parsing": _NOT_A_TIME,
    "datetime_from_date_parsing": _NOT_A_TIME,
    "datetime_object_invalid": _NOT_A_TIME,
    "model_type": _NOT_AN_OBJECT,
    "model_attributes_type": _NOT_AN_OBJECT,
    "dict_type": _NOT_AN_OBJECT,
    "union_tag_not_found": (
        "缺少“channel”，应为可在此提交的渠道：hotline_12345, web_portal, service_center, department_line。",
        "channel is missing; it must be one of hotline_12345, web_portal, service_center, department_line.",
    ),
    "union_tag_invalid": (
        "“channel”的取值不对，应为可在此提交的渠道：hotline_12345, web_portal, service_center, department_line。",
        "channel must be one of hotline_12345, web_portal, service_center, department_line.",
    ),
    "json_invalid": (
        "提交的内容不是有效的 JSON（UTF-8 编码）。",
        "The submission is not valid JSON in UTF-8.",
    ),
}
