"""States by name."""

STATES = {}


def state(walk):
    """Name a state after the function that brings the window there."""
    STATES[walk.__name__.replace("_", "-")] = walk
    return walk
