"""From an address on a page to a reader: ask, settle, confirm."""

from .asking import Visitor as Visitor
from .asking import Wanted as Wanted
from .asking import ask as ask
from .asking import ask_again as ask_again
from .asking import correct as correct
from .confirming import UsedLink as UsedLink
from .confirming import confirm as confirm
from .confirming import is_usable as is_usable
from .confirming import read_link as read_link
from .forgetting import forget as forget
from .offer import papers_a_day as papers_a_day
from .seeds import Seeds as Seeds
from .settling import settle as settle
