"""Who acts: what the claims of a verified token say about the person or system behind a request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.language import DepartmentCode


class Role(StrEnum):
    """What somebody may be logged in as; docs/glossary.md gives the Chinese terms."""

    OPERATOR = "operator"
    CLERK = "clerk"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    ADAPTER = "adapter"


ROLE_IN_CHINESE: Mapping[Role, str] = {
    Role.OPERATOR: "热线话务员",
    Role.CLERK: "窗口工作人员",
    Role.OFFICER: "承办单位经办人",
    Role.SUPERVISOR: "督办人员",
    Role.ADMINISTRATOR: "系统管理员",
    Role.ADAPTER: "渠道接入程序",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """`department` is the officer's own; an officer always has one."""

    subject: str
    roles: frozenset[Role]
    department: DepartmentCode | None = None


class UnusableClaims(Exception):
    """The token is genuine, yet does not say what Hotline needs to know; `zh` and `en` say what is missing."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


_ROLES = frozenset(Role)
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_CODE = 64
_LONGEST_SUBJECT = 200


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """Read `sub`, `roles` and `department`; roles that Hotline does not know are the provider's own and passed over."""
    subject, roles, department = claims.get("sub"), claims.get("roles", []), claims.get("department")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise UnusableClaims("登录凭证没有可用的用户标识。", "The token's sub is not usable.")
    if not isinstance(roles, list):
        raise UnusableClaims("登录凭证的角色应为列表。", "The token's roles are not a list.")
    if department is not None and not _is_code(department):
        raise UnusableClaims("登录凭证的承办单位代码无效。", "The token's department is not a department's code.")
    known = frozenset(Role(role) for role in roles if isinstance(role, str) and role in _ROLES)
    if Role.OFFICER in known and department is None:
        raise UnusableClaims("经办人的登录凭证须写明承办单位。", "An officer's token must name the department.")
    return Principal(subject, known, department)


def _is_code(written: object) -> bool:
    return isinstance(written, str) and len(written) <= _LONGEST_CODE and _CODE.fullmatch(written) is not None
