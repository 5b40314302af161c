import pytest

from integration.recovery.coach import Coach


@pytest.fixture(scope="session")
def coach() -> Coach:
    return Coach.load()
