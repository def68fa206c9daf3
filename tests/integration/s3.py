"""The part of S3 that attachments need, as a server in memory: what a bucket answers to put, get, list and delete."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.ports import LOOPBACK, free_ports

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Bucket:
    """`objects` holds the bytes and the time of each key."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}

    async def answer(self, request: Request) -> Response:
        key = request.path_params.get("key", "")
        match request.method:
            case "PUT":
                self.objects[key] = (await request.body(), datetime.now(UTC))
                return Response(headers={"ETag": self._etag(key)})
            case "GET" if "list-type" in request.query_params:
                return self._listed(request.query_params.get("prefix", ""))
            case "POST" if "delete" in request.query_params:
                return self._deleted(await request.body())
            case _ if key not in self.objects:
                return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
            case "DELETE":
                del self.objects[key]
                return Response(status_code=204)
            case _:
                data, at = self.objects[key]
                modified = format_datetime(at, usegmt=True)
                return Response(data, headers={"ETag": self._etag(key), "Last-Modified": modified})

    def _etag(self, key: str) -> str:
        return f'"{md5(self.objects[key][0], usedforsecurity=False).hexdigest()}"'

    def _listed(self, prefix: str) -> Response:
        root = Element("ListBucketResult")
        SubElement(root, "IsTruncated").text = "false"
        for key, (data, at) in self.objects.items():
            if key.startswith(prefix):
                entry = SubElement(root, "Contents")
                for name, text in (
                    ("Key", key),
                    ("LastModified", at.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
                    ("ETag", self._etag(key)),
                    ("Size", str(len(data))),
                ):
                    SubElement(entry, name).text = text
        return Response(tostring(root), media_type="application/xml")

    def _deleted(self, body: bytes) -> Response:
        root = Element("DeleteResult")
        for key in fromstring(body).iter():  # noqa: S314  # of our own making
            if key.tag.removeprefix(NAMESPACE) == "Key" and key.text:
                self.objects.pop(key.text, None)
                SubElement(SubElement(root, "Deleted"), "Key").text = key.text
        return Response(tostring(root), media_type="application/xml")


@asynccontextmanager
async def s3_server(bucket: Bucket) -> AsyncIterator[str]:
    """Its address."""
    [port] = free_ports(1)
    methods = ["GET", "PUT", "POST", "DELETE", "HEAD"]
    app = Starlette(
        routes=[
            Route("/attachments", bucket.answer, methods=methods),
            Route("/attachments/{key:path}", bucket.answer, methods=methods),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await serving
