"""What all tests share: one torch thread, a hypothesis profile, the repository and the data beside it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # torch and numpy read them on import, which comes later
    os.environ.setdefault(_name, "1")

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Give the root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data() -> Path:
    """Give the folder of shared data; skips, saying so, where it is not there."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("no shared/data beside the repository")
    return path
