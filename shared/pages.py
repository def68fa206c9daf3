"""Pages that a service renders itself: templates that escape what they are given, and files that we serve ourselves."""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.staticfiles import StaticFiles

from shared.auth import OpenToAll
from shared.session import CSRF_FIELD, csrf_token, session_of

_SHARED = Path(__file__).parent
STATIC = _SHARED / "static"


class Pages:
    """Templates of the given folders, then those that all services share; ``base.html`` is the page around them."""

    def __init__(self, *folders: Path) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([*folders, _SHARED / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page; ``{{ csrf_field }}`` must stand in each of its forms, and ``session`` says whether there is one."""
        session = session_of(request)
        written = self._templates.get_template(template).render(
            values, csrf_field=csrf_field(session), session=session is not None
        )
        return HTMLResponse(written, status)


def csrf_field(session: str | None) -> Markup:
    """The hidden field by which a form is known as the session's own; nothing where there is no session."""
    if session is None:
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token(session))


class Assets(StaticFiles):
    """Style sheets, scripts and pictures of our own, to be mounted; nothing personal ever lies there."""

    rule = OpenToAll("files of the program, the same for everybody")

    def file_response(self, *args: Any, **named: Any) -> Response:
        response = super().file_response(*args, **named)
        response.headers["cache-control"] = "public, max-age=3600"
        return response
