"""Stands in for the county's SMS gateway: takes signed messages, sends none, and shows the last ones on a page."""

import hmac
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from services.intake.pages.sms import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from shared.china_time import CHINA_TIME

_SHOWN = 50
_SKEW_SECONDS = 300


class Message(BaseModel):
    phone: str
    text: str


def add_sms_inbox(app: FastAPI, key: bytes) -> None:
    """`key` is what messages must be signed with; they are kept in memory only."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    inbox: deque[tuple[str, Message]] = deque(maxlen=_SHOWN)

    @app.post("/sms", status_code=204)
    async def take(request: Request) -> Response:
        body = await request.body()
        timestamp = request.headers.get(TIMESTAMP_HEADER, "")
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not timestamp.isdigit() or abs(int(timestamp) - time.time()) > _SKEW_SECONDS:
            raise HTTPException(401, "The timestamp is too far from now.")
        if not hmac.compare_digest(given.encode(), signature(key, timestamp, body).encode()):
            raise HTTPException(401, "The signature is wrong.")
        at = f"{datetime.now(UTC).astimezone(CHINA_TIME):%H:%M:%S}"
        inbox.appendleft((at, Message.model_validate_json(body)))
        return Response(status_code=204)

    @app.get("/sms")
    async def show() -> Response:
        return HTMLResponse(templates.get_template("sms_inbox.html").render(inbox=inbox))
