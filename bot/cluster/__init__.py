"""Several nodes on one PostgreSQL: who is there, who has which lane and which poll shards, and what they tell another.

Needs the extra `[cluster]`; one node on SQLite has nothing of this.
"""

from bot.cluster.together import Together, brought_to
from storage.postgres.presence import Said

__all__ = ["Said", "Together", "brought_to"]
