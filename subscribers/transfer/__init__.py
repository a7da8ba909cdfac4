"""Readers in and out as tables: from other systems, and to a spreadsheet."""

from .arriving import Import as Import
from .arriving import Overtaken as Overtaken
from .arriving import begin as begin
from .arriving import fingerprint as fingerprint
from .arriving import resume as resume
from .columns import FIELDS as FIELDS
from .columns import Layout as Layout
from .leaving import export as export
from .proof import consents as consents
from .table import BadTable as BadTable
from .table import Table as Table
