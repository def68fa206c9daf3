"""The intake's HTTP stack with nothing behind it: reads the body and answers, as ``python -m bench.empty_handler``."""

import sys

import uvloop
from fastapi import FastAPI, Request, Response

from deploy.local.hotline import HotlineService
from deploy.local.ports import LOOPBACK
from shared.service import http_server

# As long as the answer to an accepted complaint.
_ANSWER = b"0" * 220


class EmptyHandler(HotlineService):
    @property
    def mark(self) -> str:
        return "bench.empty_handler"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bench.empty_handler", str(self.port)]


async def main(port: int) -> None:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/complaints", status_code=201)
    async def submit(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
        return Response(_ANSWER, 201, media_type="application/json", headers={"Location": "/v1/complaints/0"})

    await http_server(app, LOOPBACK, port).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
