"""What is sent and what comes back: editions, digests, events."""

from newsletter.models.announcement import Announcement
from newsletter.models.digest import Digest
from newsletter.models.edition import Edition, Placement
from newsletter.models.event import Event
from newsletter.models.experiment import Experiment
from newsletter.models.moves import Held
from newsletter.models.pulse import Pulse
from newsletter.models.recipe import Recipe
from newsletter.models.within import Within

__all__ = ["Announcement", "Digest", "Edition", "Event", "Experiment", "Held", "Placement", "Pulse", "Recipe", "Within"]
