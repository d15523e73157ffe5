"""How PostgreSQL is to plan what the store says.

The statements are written for one way to their rows: from an index to the rows, and for each of them by an index to
the next table, in the order in which the tables are named. That is what SQLite does when it is told (INDEXED BY, CROSS
JOIN), and what holds whatever the statistics say, or where there are none yet: a post has a hundred thousand rows a
second after it had none. So each statement is planned once, without regard to its values.
"""

from __future__ import annotations

AS_WRITTEN = {
    "plan_cache_mode": "force_generic_plan",
    "join_collapse_limit": "1",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_memoize": "off",
    "jit": "off",
}
