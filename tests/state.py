"""Where servers of a test keep their data."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def state_directory() -> Iterator[Path]:
    """A directory that is gone afterwards and that every user may enter, since PostgreSQL must not run as root."""
    with tempfile.TemporaryDirectory(prefix="hotline-test-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)
