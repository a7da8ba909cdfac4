"""What every test may lean on."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the checkout; a test that needs it skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no real inputs: {SHARED} is absent")
    return SHARED
