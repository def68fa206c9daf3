import pytest
from hypothesis import settings

from services.tracker.calendar import Calendar

# A busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return Calendar.of_china()
