"""What a reader may change about themselves, one file per verb."""

from .address import ask_address as ask_address
from .address import confirm_address as confirm_address
from .announcements import agree_to_announcements as agree_to_announcements
from .announcements import announcements_wording as announcements_wording
from .data import everything_about as everything_about
from .data import forget as forget
from .link import send_new_link as send_new_link
from .tracking import agree_to_tracking as agree_to_tracking
from .wishes import WISHES as WISHES
from .wishes import Preferences as Preferences
from .wishes import change as change
