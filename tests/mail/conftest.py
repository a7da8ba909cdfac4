import pytest


@pytest.fixture(params=[("PIPELINING", "8BITMIME"), ("8BITMIME",)], ids=["pipelined", "lock-step"])
def extensions(request):
    """What a server offers that may be told several things at once, and what one that wants them one by one."""
    return request.param
