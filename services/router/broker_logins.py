"""Departments' logins at the broker: a password, and what may be done with it on the department's own topics alone."""

import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from shared.language import DepartmentCode
from shared.topics import actions, assigned, refusals

_MECHANISM = ScramMechanism.SCRAM_SHA_512
# The broker's own default; it hashes a password so often before it keeps it.
_ITERATIONS = 4096
_PATIENCE_SECONDS = 30


def may(department: DepartmentCode) -> list[AclBinding]:
    """What a department's own system may do at the broker: read what is for it, and ask for what it does.

    Its consumer groups begin with its code and a dot. It reads no other topic and writes nothing but its actions,
    because whoever writes them acts as the department.
    """

    def allow(
        kind: ResourceType,
        name: str,
        operation: AclOperation,
        pattern: ResourcePatternType = ResourcePatternType.LITERAL,
    ) -> AclBinding:
        return AclBinding(kind, name, pattern, _user(department), "*", operation, AclPermissionType.ALLOW)

    # To read or to write a topic or a group is to see that it is there.
    return [
        allow(ResourceType.TOPIC, assigned(department), AclOperation.READ),
        allow(ResourceType.TOPIC, refusals(department), AclOperation.READ),
        allow(ResourceType.TOPIC, actions(department), AclOperation.WRITE),
        allow(ResourceType.GROUP, f"{department}.", AclOperation.READ, ResourcePatternType.PREFIXED),
    ]


def grant(bootstrap_servers: Sequence[str], department: DepartmentCode) -> str:
    """Let the department's system in under its code and return its new password; an earlier one is void.

    Raises KafkaException where the broker is away or has no access lists.
    """
    admin = _admin(bootstrap_servers)
    password = secrets.token_urlsafe(24)
    credential = UserScramCredentialUpsertion(
        department, ScramCredentialInfo(_MECHANISM, _ITERATIONS), password.encode()
    )
    _done(admin.create_acls(may(department), request_timeout=_PATIENCE_SECONDS))
    _done(admin.alter_user_scram_credentials([credential], request_timeout=_PATIENCE_SECONDS))
    return password


def revoke(bootstrap_servers: Sequence[str], department: DepartmentCode) -> bool:
    """Let the department's system in no more and return whether it had a login; KafkaException as for `grant`.

    What is connected stays connected, but may do nothing from then on.
    """
    admin = _admin(bootstrap_servers)
    everything = AclBindingFilter(
        ResourceType.ANY,
        None,  # type: ignore[arg-type]  # any name
        ResourcePatternType.ANY,
        _user(department),
        None,  # type: ignore[arg-type]  # any host
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    _done(admin.delete_acls([everything], request_timeout=_PATIENCE_SECONDS))
    deletion = UserScramCredentialDeletion(department, _MECHANISM)
    try:
        _done(admin.alter_user_scram_credentials([deletion], request_timeout=_PATIENCE_SECONDS))
    except KafkaException as refused:
        if refused.args[0].code() != KafkaError.RESOURCE_NOT_FOUND:
            raise
        return False
    return True


def _admin(bootstrap_servers: Sequence[str]) -> AdminClient:
    return AdminClient({"bootstrap.servers": ",".join(bootstrap_servers), "log_level": 0})


def _user(department: DepartmentCode) -> str:
    return f"User:{department}"


def _done(asked: Mapping[Any, "Future[Any]"]) -> None:
    for one in asked.values():
        one.result(_PATIENCE_SECONDS)
