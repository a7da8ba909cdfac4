"""Who reads: subscribers, what they follow, what they agreed to, and whom we must leave alone."""

from .address_change import AddressChange as AddressChange
from .ask import LINK_LIFE as LINK_LIFE
from .ask import Ask as Ask
from .consent import ConsentRecord as ConsentRecord
from .import_run import ImportRun as ImportRun
from .notice import Notice as Notice
from .subscriber import Subscriber as Subscriber
from .subscriber import validate_timezone as validate_timezone
from .suppression import Suppression as Suppression
from .suppression import hash_address as hash_address
from .suppression import hash_addresses as hash_addresses
from .suppression import normalise_address as normalise_address
from .topic_preference import TopicPreference as TopicPreference
