"""The first tables, as they were released: what came to them since stands in `storage.schema`."""

from __future__ import annotations

BLOGS = """
CREATE TABLE blog (
  id TEXT PRIMARY KEY,
  title TEXT,
  started INTEGER NOT NULL DEFAULT 0,  -- a baseline was taken; another page continues it
  ended_at REAL,
  held_at REAL,                        -- relaying stopped by an editor
  removed_at REAL,                     -- no longer in the file; subscriptions sleep
  polled_at REAL,
  answered_at REAL,
  last_post_at REAL,
  failures INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  alarm TEXT
);
CREATE TABLE page (
  blog TEXT NOT NULL REFERENCES blog(id),
  url TEXT NOT NULL,
  format TEXT NOT NULL,
  kind TEXT NOT NULL,
  listed TEXT NOT NULL DEFAULT '[]',
  pinned TEXT NOT NULL DEFAULT '[]',
  missing TEXT NOT NULL DEFAULT '{}',
  doubted TEXT NOT NULL DEFAULT '[]',
  modified_at REAL,
  ignored INTEGER NOT NULL DEFAULT 0,
  ended INTEGER NOT NULL DEFAULT 0,
  next_url TEXT,
  moved_at REAL,                       -- when it first named its successor
  etag TEXT,
  last_modified TEXT,
  body_hash TEXT,
  accepted_at REAL NOT NULL,           -- for the first time
  PRIMARY KEY (blog, url)
) WITHOUT ROWID;
"""

POSTS = """
-- What lists look at stands before the long texts, so that it is found without reading them.
CREATE TABLE post (
  id INTEGER PRIMARY KEY,
  blog TEXT,                           -- NULL: an editor's own
  key TEXT NOT NULL,
  revision INTEGER NOT NULL DEFAULT 1,
  published_at REAL,
  first_seen_at REAL NOT NULL,
  public_at REAL,                      -- NULL: held back, in no list yet
  updated_at REAL,
  withdrawn_at REAL,
  topics TEXT NOT NULL DEFAULT ' ',    -- ids between spaces: ' nato kyiv '
  pinned INTEGER NOT NULL DEFAULT 0,
  key_event INTEGER NOT NULL DEFAULT 0,
  struck INTEGER NOT NULL DEFAULT 0,
  copied_chat INTEGER,                 -- an editor's message of another kind, sent as a copy
  copied_message INTEGER,
  title TEXT,
  title_is_derived INTEGER NOT NULL DEFAULT 0,
  url TEXT,
  photo TEXT,
  authors TEXT NOT NULL DEFAULT '[]',
  summary TEXT,
  text TEXT NOT NULL DEFAULT '',
  entities TEXT NOT NULL DEFAULT '[]',
  images TEXT NOT NULL DEFAULT '[]',
  UNIQUE (blog, key)
);
CREATE INDEX post_newest ON post (blog, coalesce(published_at, first_seen_at) DESC, first_seen_at DESC, id DESC);
-- The page's side of a post, as it was last read. Outlives the post: no key is ever new twice while its blog is in the
-- file. The text stands here as well as in `post`, which may say something else: a re-published post goes on under the
-- key that chats know it by.
CREATE TABLE known (
  blog TEXT NOT NULL,
  key TEXT NOT NULL,
  key_kind TEXT NOT NULL,
  hash TEXT NOT NULL,
  title TEXT,
  text TEXT NOT NULL DEFAULT '',
  text_is_whole INTEGER NOT NULL DEFAULT 1,
  published_at REAL,
  modified_at REAL,
  first_seen_at REAL NOT NULL,
  withdrawn INTEGER NOT NULL DEFAULT 0,
  past TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (blog, key)
) WITHOUT ROWID;
CREATE TABLE alias (
  blog TEXT NOT NULL,
  alias TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (blog, alias)
) WITHOUT ROWID;
"""

CHATS = """
-- Telegram's id is an attribute: a group that becomes a supergroup is one update.
CREATE TABLE chat (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: an answer may come for a chat that was forgotten
  bot TEXT NOT NULL,
  telegram_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  title TEXT,
  language TEXT,
  open INTEGER NOT NULL DEFAULT 1,
  closed_at REAL,
  closed_why TEXT,
  not_before REAL NOT NULL DEFAULT 0,  -- Telegram asked for patience
  created_at REAL NOT NULL,
  UNIQUE (bot, telegram_id)
);
CREATE INDEX chat_closed ON chat (id) WHERE NOT open;
CREATE INDEX chat_resting ON chat (bot, not_before) WHERE not_before > 0;
CREATE TABLE subscription (
  blog TEXT NOT NULL,
  chat INTEGER NOT NULL REFERENCES chat(id),
  thread INTEGER NOT NULL DEFAULT 0,
  topics TEXT NOT NULL DEFAULT ' ',    -- ids between spaces; ' ' is the whole blog
  volume TEXT NOT NULL DEFAULT 'everything',
  language TEXT,
  created_at REAL NOT NULL,
  PRIMARY KEY (blog, chat, thread)
) WITHOUT ROWID;
CREATE INDEX subscription_chat ON subscription (chat, thread);
"""

DELIVERIES = """
CREATE TABLE publication (
  id INTEGER PRIMARY KEY,
  post INTEGER NOT NULL REFERENCES post(id),
  kind TEXT NOT NULL,                  -- 'new', 'gained': rows for an audience; 'change': raise the rows there are
  lane INTEGER NOT NULL,
  blog TEXT,                           -- audience: subscriptions of this blog; NULL: every chat, once
  topics TEXT NOT NULL DEFAULT ' ',    -- and of these topics, where any are named
  silent INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL,
  not_before REAL NOT NULL DEFAULT 0,
  begun_at REAL,                       -- who subscribes later is not in the audience
  sent_since REAL NOT NULL DEFAULT 0,  -- a change follows only messages first sent after this
  origin INTEGER NOT NULL DEFAULT 0,   -- the chat after which it began; it wraps there
  wrapped INTEGER NOT NULL DEFAULT 0,
  cursor_chat INTEGER NOT NULL,
  cursor_thread INTEGER NOT NULL DEFAULT 0,
  done_at REAL
);
CREATE INDEX publication_open ON publication (not_before) WHERE done_at IS NULL;
-- What a publication has to wait for: those of its blog and lane that came before it.
CREATE INDEX publication_before ON publication (blog, lane, id) WHERE done_at IS NULL AND kind <> 'change';
CREATE INDEX publication_post ON publication (post);
CREATE TABLE delivery (
  bot TEXT NOT NULL,
  post INTEGER NOT NULL,
  chat INTEGER NOT NULL,
  thread INTEGER NOT NULL DEFAULT 0,
  wanted INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0,     -- 0: nothing there yet
  lane INTEGER NOT NULL,
  since REAL NOT NULL,                 -- since when the row waits; older leaves first
  not_before REAL NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  plain INTEGER NOT NULL DEFAULT 0,    -- Telegram refused the usual form
  silent INTEGER NOT NULL DEFAULT 0,
  sending INTEGER,                     -- the revision on its way; after a kill these rows are in doubt
  aside TEXT,                          -- why it is not tried any more: 'closed', 'left', or what Telegram said
  first_sent_at REAL,
  settled_at REAL,
  PRIMARY KEY (bot, post, chat, thread)
) WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (bot, lane, since, post, chat, thread) WHERE sent <> wanted AND aside IS NULL;
CREATE INDEX delivery_waiting ON delivery (chat, thread) WHERE sent <> wanted;
-- The few rows that wait for their next attempt: they hold back the rows behind them.
CREATE INDEX delivery_retried ON delivery (chat, thread, lane, since, post, not_before)
  WHERE sent <> wanted AND aside IS NULL AND not_before > 0;
CREATE INDEX delivery_sending ON delivery (bot, post, chat, thread) WHERE sending IS NOT NULL;
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  bot TEXT NOT NULL,
  chat INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  kind TEXT NOT NULL,                  -- 'text', 'photo' or 'copy'
  picture INTEGER,                     -- which picture it shows, as a checksum of its address
  sent_at REAL NOT NULL
);
CREATE INDEX message_chat ON message (chat, message_id);
-- What is on screen where: one message may carry several posts, one post several messages. The chat stands here
-- again so that the message of a delivery is one look-up, however many chats have the post.
CREATE TABLE shown (
  post INTEGER NOT NULL,
  chat INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  message INTEGER NOT NULL REFERENCES message(id),
  revision INTEGER NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (post, chat, thread, message)
) WITHOUT ROWID;
CREATE INDEX shown_message ON shown (message, position);
"""

EDITORS = """
CREATE TABLE push (
  post INTEGER PRIMARY KEY REFERENCES post(id),
  author INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'draft', -- 'sent', 'cancelled'
  silent INTEGER NOT NULL DEFAULT 0,
  preview_chat INTEGER,                -- Telegram ids: where the editor watches it go out
  preview_message INTEGER,
  created_at REAL NOT NULL,
  sent_at REAL
);
CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL);
"""
