"""Keeping mails that nobody else keeps: in the folders of the spool, where those lie that came as files.

Whoever delivered them may forget them as soon as they are told so; they are on the disk by then.
"""

import os
from hashlib import sha256
from pathlib import Path

from services.intake.acceptance import Receipt
from services.intake.store import RefusedMail


def keep(spool: Path, raw: bytes, verdict: Receipt | RefusedMail) -> None:
    """Write the mail to the disk; brought again it lies there once. OSError where that cannot be."""
    folder = spool / ("refused" if isinstance(verdict, RefusedMail) else "done")
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"lmtp-{sha256(raw).hexdigest()[:32]}.eml"
    if isinstance(verdict, RefusedMail):
        write_reason(place, verdict)
    partial = place.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(place)
    for written in (folder, spool):
        _sync(written)


def write_reason(mail: Path, refused: RefusedMail) -> None:
    """Why the mail became no ticket, in a file beside it."""
    mail.with_suffix(".reason.txt").write_text(f"{refused.code}: {refused.reason}\n", encoding="utf-8")


def _sync(folder: Path) -> None:
    """A file's name is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
