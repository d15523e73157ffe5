"""The tables of what all nodes share, beside those of the bot "main"; as numbered steps, like those of the store."""

from __future__ import annotations

FIRST = """
-- What each node last said of itself. It is there as long as the session that it names.
CREATE TABLE node (
  session BIGINT PRIMARY KEY,          -- pg_backend_pid() of the session by which it is seen
  name TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  file TEXT COLLATE "C" NOT NULL,      -- the configuration that it follows, by its name
  started_at DOUBLE PRECISION NOT NULL,
  said_at DOUBLE PRECISION NOT NULL,
  lanes TEXT COLLATE "C" NOT NULL,     -- the bots that it sends for: a JSON list
  shards BIGINT NOT NULL,              -- how many poll shards it has
  trouble TEXT COLLATE "C" NOT NULL    -- what is wrong with it, in one line
);
-- Updates of Telegram that came in, so that none is answered twice.
CREATE TABLE brought (
  bot TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (bot, number)
);
CREATE INDEX brought_at ON brought (at);
"""

# Nodes of the version before go on writing rows without these.
HOW_IT_IS = """
ALTER TABLE node ADD COLUMN disk TEXT COLLATE "C" NOT NULL DEFAULT '';     -- how the file on its disk differs
ALTER TABLE node ADD COLUMN ahead DOUBLE PRECISION NOT NULL DEFAULT 0;     -- seconds of its clock before PostgreSQL's
"""

# Whether it was dealt with: then nobody who comes after does it again.
DEALT_WITH = "ALTER TABLE brought ADD COLUMN done BOOLEAN NOT NULL DEFAULT FALSE"

# Numbers of sessions say nothing of who came first: those of processes, they begin again from the lowest.
WHO_CAME_FIRST = "ALTER TABLE node ADD COLUMN arrived BIGSERIAL"

SHARED_STEPS = (FIRST, HOW_IT_IS, DEALT_WITH, WHO_CAME_FIRST)
