"""What a process that works for hours tells the interpreter and the C library about its memory."""

from __future__ import annotations

import contextlib
import ctypes
import gc

_TRIM_THRESHOLD, _TOP_PAD = -1, -2  # of glibc's mallopt(3)


def settle() -> None:
    """Call once when all is loaded and the work begins, before workers are forked."""
    # What is loaded stays: a tenth of a worker's time went into looking at it for garbage.
    gc.freeze()
    # A letter makes a hundred small objects, none in a circle. Looking for them at every 700 (Python's own pace) took
    # a twentieth of a worker's time; at every 50,000 it takes nothing, and the memory stays what it was.
    gc.set_threshold(50_000, 20, 20)
    # A letter is 30 kB three times over. By default glibc hands such pieces back to the kernel and asks for them again:
    # 9 page faults a letter, a tenth of its cost. Other C libraries have no such knob and need none.
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, 4 << 20)
        mallopt(_TOP_PAD, 1 << 20)
