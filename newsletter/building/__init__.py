"""Choosing: who is due gets a digest row with the papers of their own, and the next one is written ahead."""

from newsletter.building.addressing import address_announcements
from newsletter.building.build import build_due

__all__ = ["address_announcements", "build_due"]
