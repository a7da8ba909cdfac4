"""Handing over: claim, write the intent, hand over, write the outcome; and the sweep that settles what a crash left."""

from newsletter.sending.send import in_seconds, send_pending
from newsletter.sending.sweep import sweep

__all__ = ["in_seconds", "send_pending", "sweep"]
