"""The editor's desk for readers."""

from . import asks as asks
from . import ledger as ledger
from . import reader as reader
from . import transfer as transfer
