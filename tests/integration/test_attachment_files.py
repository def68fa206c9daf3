"""Bytes are stored once under their hash, in a folder and in a bucket alike, and nothing else is handed out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from services.intake.attachments.attachment_files import AttachmentFiles, StoredFile
from services.intake.attachments.files_away import FilesAway
from tests.integration.s3 import Bucket, s3_server

DATA = b"%PDF-1.4 any bytes %%EOF"


@asynccontextmanager
async def in_a_folder(tmp_path: Path, _patched: pytest.MonkeyPatch) -> AsyncIterator[AttachmentFiles]:
    yield AttachmentFiles.at(str(tmp_path / "made" / "for it"))


@asynccontextmanager
async def in_a_bucket(_path: Path, patched: pytest.MonkeyPatch) -> AsyncIterator[AttachmentFiles]:
    async with s3_server(Bucket()) as address:
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }.items():
            patched.setenv(name, value)
        yield AttachmentFiles.at("s3://attachments/of/hotline")


@pytest.fixture(params=[in_a_folder, in_a_bucket])
async def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AttachmentFiles]:
    async with request.param(tmp_path, monkeypatch) as made:
        yield made


async def everything(files: AttachmentFiles) -> list[StoredFile]:
    return [one async for chunk in files.all() for one in chunk]


async def test_what_is_put_is_got_under_its_hash(files: AttachmentFiles) -> None:
    name = await files.put(DATA)
    assert name == sha256(DATA).digest()
    assert await files.get(name) == DATA


async def test_the_same_data_lies_there_once_and_is_young_again(files: AttachmentFiles) -> None:
    await asyncio.gather(*(files.put(DATA) for _ in range(8)))
    [one] = await everything(files)
    assert one.sha256 == sha256(DATA).digest()
    assert abs(one.put_at - datetime.now(UTC)) < timedelta(minutes=5)


async def test_more_than_one_listing_holds_is_listed(files: AttachmentFiles) -> None:
    names = {await files.put(b"%d" % number) for number in range(30)}
    assert {one.sha256 for one in await everything(files)} == names


async def test_what_is_not_there_is_away_and_is_removed_without_complaint(files: AttachmentFiles) -> None:
    name = await files.put(DATA)
    await files.remove(name)
    await files.remove(name)
    assert await everything(files) == []
    with pytest.raises(FilesAway):
        await files.get(name)


async def test_a_bucket_that_is_away_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with in_a_bucket(tmp_path, monkeypatch) as files:
        name = await files.put(DATA)
    for attempt in (files.put(DATA), files.get(name), files.remove(name), everything(files)):
        with pytest.raises(FilesAway):
            await attempt
