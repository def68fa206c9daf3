import re

from hypothesis import given
from hypothesis import strategies as st

from deploy.local.kafka import escaped

_UNIT = re.compile(r"\\u([0-9a-f]{4})")


def _as_java_reads(value: str) -> str:
    units = _UNIT.sub(lambda found: chr(int(found[1], 16)), value.replace(r"\\", "\0"))
    return units.replace("\0", "\\").encode("utf-16-be", "surrogatepass").decode("utf-16-be")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_java_reads_a_path_in_any_script_as_it_was(path: str) -> None:
    written = escaped(path)
    assert written.isascii()
    assert _as_java_reads(written) == path
