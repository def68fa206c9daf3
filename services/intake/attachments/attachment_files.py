"""Where the bytes of attachments lie: each once, under the SHA-256 of its content, in a folder or an S3 bucket."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from services.intake.attachments.files_away import FilesAway

_PER_LISTING = 500


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: bytes
    put_at: datetime


class AttachmentFiles:
    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def at(cls, place: str) -> "AttachmentFiles":
        """`place`: a folder, made where it is missing, or ``s3://bucket/prefix`` with the usual ``AWS_`` variables."""
        if place.startswith("s3://"):
            # Not the minutes that the library would take: a transaction waits meanwhile.
            patience = timedelta(seconds=10)
            return cls(S3Store.from_url(place, retry_config={"max_retries": 2, "retry_timeout": patience}))
        folder = Path(place).absolute()
        return cls(LocalStore(folder, mkdir=True), folder)

    async def put(self, data: bytes) -> bytes:
        """Store `data`, on the disk when this returns, and return its SHA-256; the same data lies there once."""
        name = sha256(data).digest()
        try:
            # Written over where it is there already: it is then young, and no collector takes it for forgotten.
            await self._store.put_async(_path(name), data)
            if self._folder is not None:
                await asyncio.to_thread(_sync, self._folder / _path(name))
        except BaseError as error:
            raise FilesAway(type(error).__name__) from None
        return name

    async def get(self, name: bytes) -> bytes:
        """What was stored under this SHA-256; FilesAway where it cannot be read or is not what it was."""
        try:
            result = await self._store.get_async(_path(name))
            data = bytes(await result.bytes_async())
        except (BaseError, FileNotFoundError) as error:
            raise FilesAway(type(error).__name__) from None
        if sha256(data).digest() != name:
            raise FilesAway("what lies there is not what was stored")
        return data

    async def remove(self, name: bytes) -> None:
        try:
            await self._store.delete_async(_path(name))
        except FileNotFoundError:
            pass
        except BaseError as error:
            raise FilesAway(type(error).__name__) from None

    async def all(self) -> AsyncIterator[Sequence[StoredFile]]:
        """Everything that lies there, some hundreds at a time; what has another kind of name is not ours."""
        try:
            async for chunk in self._store.list(chunk_size=_PER_LISTING):
                yield [
                    StoredFile(name, meta["last_modified"])
                    for meta in chunk
                    if (name := _name(meta["path"])) is not None
                ]
        except BaseError as error:
            raise FilesAway(type(error).__name__) from None


def _path(name: bytes) -> str:
    """In 256 folders: one with a million files is slow."""
    return f"{name.hex()[:2]}/{name.hex()}"


def _name(path: str) -> bytes | None:
    try:
        name = bytes.fromhex(path.rpartition("/")[2])
    except ValueError:
        return None
    return name if _path(name) == path else None


def _sync(file: Path) -> None:
    """Bring a file and the entries that lead to it onto the disk, so that no row outlives it when the power fails."""
    for place in (file, file.parent, file.parent.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
