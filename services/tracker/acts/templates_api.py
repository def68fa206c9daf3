"""Reply templates (答复模板) over HTTP: what a reply to a matter may start from."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from services.tracker.api import Reader
from shared.http import Problem
from shared.policy import Policy
from shared.policy_templates import blanks


def add_templates_routes(app: FastAPI, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""

    @app.get("/v1/matters/{code}/templates", tags=["departments"])
    async def templates(code: str, reader: Reader) -> dict[str, Any]:  # noqa: ARG001  # they are no secret among staff
        """The county's templates for a matter; a reply that still holds one of the `blanks` is refused."""
        now = policy()
        if code not in now.matters:
            raise Problem(404, "权责清单中没有这个事项。", "The responsibility list has no such matter.")
        return {
            "matter": code,
            "items": [
                {"code": each.code, "name": each.name, "text": each.text, "blanks": blanks(each.text)}
                for each in now.templates
                if each.matter == code
            ],
        }
