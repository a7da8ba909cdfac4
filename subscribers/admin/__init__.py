"""The editor's desk for readers."""

from . import ledger as ledger
from . import reader as reader
from . import transfer as transfer
