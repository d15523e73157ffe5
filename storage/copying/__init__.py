"""All of a store out of one database into another: from a file of SQLite's to PostgreSQL, and back."""

from storage.copying.opening import ends, reopened
from storage.copying.work import Compared, CopyMade, Differs, copy, rows_to_copy
from storage.marks import CopiedTo

__all__ = ["Compared", "CopiedTo", "CopyMade", "Differs", "copy", "ends", "reopened", "rows_to_copy"]
