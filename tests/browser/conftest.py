"""A real Chromium: the system's own, because a browser build of Playwright's cannot be had everywhere."""

import os
from pathlib import Path

import pytest

# A link that leads on to a paper ends there: no test reaches for another machine.
OURS_ALONE = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(autouse=True, scope="session")
def queries_beside_an_event_loop():
    """Playwright keeps an event loop in the test's thread; Django would refuse every query there, from the making of
    the test database to its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def pytest_collection_modifyitems(items):
    if not Path(CHROMIUM).exists():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", f"--host-resolver-rules={OURS_ALONE}"],
    }
