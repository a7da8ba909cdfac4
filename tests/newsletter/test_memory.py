"""What a long-lived process tells the interpreter."""

import gc

from newsletter.memory import settle


def test_what_is_loaded_is_not_looked_at_for_garbage_again():
    before, pace = gc.get_freeze_count(), gc.get_threshold()
    settle()
    try:
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
        gc.set_threshold(*pace)
