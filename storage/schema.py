"""The tables, as numbered migrations. A migration that has been released is never changed; add another.

Times are seconds since 1970 (REAL). Lists and small maps are JSON text. `delivery` is the heart: one row per
(bot, post, chat, thread); publishing raises `wanted`, the sender makes `sent` equal `wanted`, nothing else talks to
chats about posts.
"""

from __future__ import annotations

import contextlib

from sqlite_utils import Database, Migrations

from storage.tables import BLOGS, CHATS, DELIVERIES, EDITORS, POSTS

migrations = Migrations("liveblog-relay")


@migrations()
def the_first_tables(db: Database) -> None:
    for part in (BLOGS, POSTS, CHATS, DELIVERIES, EDITORS):
        for statement in _statements(part):
            db.execute(statement)
    # remove_diacritics: who types "Kyjiw" or "Sao Paulo" finds it as well.
    db.table("post").enable_fts(["title", "text"], create_triggers=True, tokenize="unicode61 remove_diacritics 2")


RETENTION = """
-- Posts that are gone, of which rows may be left in chats.
CREATE TABLE pruned (post INTEGER PRIMARY KEY);
CREATE INDEX post_first_seen ON post (first_seen_at);
CREATE INDEX alias_key ON alias (blog, key);
CREATE INDEX known_text ON known (first_seen_at) WHERE text <> '';
"""


@migrations()
def what_pruning_finds_its_rows_by(db: Database) -> None:
    for statement in _statements(RETENTION):
        db.execute(statement)


# All that decides which posts a list shows and which topics they have, so that no long text is passed on the way.
LISTS = """
DROP INDEX post_newest;
CREATE INDEX post_newest ON post (blog, coalesce(published_at, first_seen_at) DESC, first_seen_at DESC, id DESC,
  published_at, public_at, withdrawn_at, topics);
"""


@migrations()
def lists_are_read_from_an_index_alone(db: Database) -> None:
    for statement in _statements(LISTS):
        db.execute(statement)


@migrations()
def up_to_where_changes_were_asked_for(db: Database) -> None:
    db.execute("ALTER TABLE page ADD COLUMN cursor TEXT")


LEASES = """
-- What hubs were asked to tell us (WebSub). The secret signs what they send.
CREATE TABLE lease (
  callback TEXT PRIMARY KEY,           -- the part of our address that nobody can guess
  address TEXT NOT NULL,
  blog TEXT NOT NULL,
  page TEXT NOT NULL,
  topic TEXT NOT NULL,
  hub TEXT NOT NULL,
  secret TEXT NOT NULL,
  state TEXT NOT NULL,                 -- 'asked', 'live', 'denied', 'leaving'
  until REAL,
  next_at REAL NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""


@migrations()
def leases_at_hubs(db: Database) -> None:
    for statement in _statements(LEASES):
        db.execute(statement)


@migrations()
def posts_keep_what_is_embedded_in_them(db: Database) -> None:
    db.execute("ALTER TABLE post ADD COLUMN embeds TEXT NOT NULL DEFAULT '[]'")


STATES = """
ALTER TABLE page ADD COLUMN anew INTEGER NOT NULL DEFAULT 0;
ALTER TABLE page ADD COLUMN ids_fail INTEGER NOT NULL DEFAULT 0;
-- when the newest post or edit came (NULL: it never had a post), when it is announced to start, and how many seconds
-- its page asks for between polls
ALTER TABLE blog ADD COLUMN active_at REAL;
ALTER TABLE blog ADD COLUMN starts_at REAL;
ALTER TABLE blog ADD COLUMN interval_hint REAL;
UPDATE blog SET active_at = coalesce(last_post_at,
  CASE WHEN EXISTS (SELECT 1 FROM known WHERE known.blog = blog.id) THEN answered_at END);
-- our own word about the blog ('moved'), which stands in no list
ALTER TABLE post ADD COLUMN notice TEXT;
-- who has this post is not in the audience
ALTER TABLE publication ADD COLUMN unless INTEGER;
"""


@migrations()
def what_state_blogs_are_in_and_what_is_said_of_it(db: Database) -> None:
    for statement in _statements(STATES):
        db.execute(statement)


CHOICES = """
-- what a chat chose in /settings; `language` is its client's, or where it was imported from
ALTER TABLE chat ADD COLUMN chosen_language TEXT;
ALTER TABLE chat ADD COLUMN timezone TEXT;
-- minutes after midnight in its zone; NULL: no quiet hours
ALTER TABLE chat ADD COLUMN quiet_from INTEGER;
ALTER TABLE chat ADD COLUMN quiet_until INTEGER;
-- breaking news comes through all the same
ALTER TABLE chat ADD COLUMN quiet_breaking INTEGER NOT NULL DEFAULT 1;
ALTER TABLE chat ADD COLUMN muted_until REAL NOT NULL DEFAULT 0;
-- up to when /catchup told it
ALTER TABLE chat ADD COLUMN looked_at REAL;
ALTER TABLE subscription ADD COLUMN sound INTEGER NOT NULL DEFAULT 1;
ALTER TABLE subscription ADD COLUMN pictures INTEGER NOT NULL DEFAULT 1;
-- '30m', '3h' or '08:00 18:00'; for that volume
ALTER TABLE subscription ADD COLUMN digest TEXT NOT NULL DEFAULT '1h';
-- plain words beside the topics, and those that keep a post away; between spaces
ALTER TABLE subscription ADD COLUMN words TEXT NOT NULL DEFAULT ' ';
ALTER TABLE subscription ADD COLUMN without TEXT NOT NULL DEFAULT ' ';
"""


@migrations()
def what_chats_choose(db: Database) -> None:
    for statement in _statements(CHOICES):
        db.execute(statement)


ACTS = """
-- of an editor's own: [[kind, file id], …]
ALTER TABLE post ADD COLUMN media TEXT NOT NULL DEFAULT '[]';
-- links under it: [[words, address], …]
ALTER TABLE post ADD COLUMN buttons TEXT NOT NULL DEFAULT '[]';
-- a push that was stopped on its way
ALTER TABLE post ADD COLUMN paused_at REAL;
-- 'withdrawn' or 'corrected' by our editors: the page has no say in it
ALTER TABLE post ADD COLUMN editors_word TEXT;
ALTER TABLE push ADD COLUMN lane INTEGER NOT NULL DEFAULT 1;
-- its audience, as of a publication
ALTER TABLE push ADD COLUMN blog TEXT;
ALTER TABLE push ADD COLUMN topics TEXT NOT NULL DEFAULT ' ';
ALTER TABLE push ADD COLUMN language TEXT;
-- just this chat (ours)
ALTER TABLE push ADD COLUMN only_chat INTEGER;
ALTER TABLE push ADD COLUMN send_at REAL;
ALTER TABLE push ADD COLUMN approved_by INTEGER;
ALTER TABLE publication ADD COLUMN language TEXT;
ALTER TABLE publication ADD COLUMN only_chat INTEGER;
-- who did what, when, to how many; outlives the posts
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  person INTEGER,                      -- Telegram's id; NULL: the relay itself, or its command line
  act TEXT NOT NULL,
  post INTEGER,
  blog TEXT,
  chats INTEGER,
  words TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_post ON audit (post);
"""


@migrations()
def what_editors_do(db: Database) -> None:
    for statement in _statements(ACTS):
        db.execute(statement)


SLEEP = """
-- when the first of its rows that are asleep is looked at again; NULL: none is
ALTER TABLE chat ADD COLUMN wakes_at REAL;
CREATE INDEX chat_asleep ON chat (bot, wakes_at) WHERE wakes_at IS NOT NULL;
-- it was held back for its chat's quiet hours, mute or digest
ALTER TABLE delivery ADD COLUMN slept INTEGER NOT NULL DEFAULT 0;
"""


@migrations()
def rows_sleep_while_their_chat_does_not_want_them(db: Database) -> None:
    for statement in _statements(SLEEP):
        db.execute(statement)


WORDS = """
-- The subscriptions that look at what a post says, of each blog.
CREATE INDEX subscription_words ON subscription (blog, chat, thread) WHERE words <> ' ' OR without <> ' ';
-- what the post said before an edit (`bot.core.words`), for an audience of those whom it matches only now
ALTER TABLE publication ADD COLUMN said_before TEXT;
"""


@migrations()
def what_is_found_by_plain_words(db: Database) -> None:
    for statement in _statements(WORDS):
        db.execute(statement)


AFTERWARDS = """
-- where the message stands that an editor pushed, and its preview (Telegram ids): a correction names either
ALTER TABLE push ADD COLUMN said_chat INTEGER;
ALTER TABLE push ADD COLUMN said_message INTEGER;
ALTER TABLE push ADD COLUMN shown_message INTEGER;
-- the last thing an editor did about it, and whether the end of that was shown
ALTER TABLE push ADD COLUMN acted_at REAL;
ALTER TABLE push ADD COLUMN end_shown INTEGER NOT NULL DEFAULT 0;
-- an editor sent it before what was published earlier and is still held back
ALTER TABLE publication ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
-- to find a post by its link, and those that must not come back under another key
CREATE INDEX post_url ON post (url) WHERE url IS NOT NULL;
CREATE INDEX post_taken_down ON post (blog) WHERE editors_word = 'withdrawn';
-- what the page says of a post that our editors took down or corrected: its columns of `post`
CREATE TABLE overruled (
  post INTEGER PRIMARY KEY,
  says TEXT NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0      -- the page took it down as well
);
-- a held post that was shown to an editor, with its buttons; kept until its message says what became of the post
CREATE TABLE offer (
  post INTEGER NOT NULL,
  person INTEGER NOT NULL,
  message INTEGER NOT NULL,            -- Telegram's id, in the private chat
  revision INTEGER NOT NULL,           -- 0: in a list of several
  PRIMARY KEY (post, person, message)
) WITHOUT ROWID;
-- what an editor asked to be done, until a button says of which post
CREATE TABLE errand (
  id INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  person INTEGER NOT NULL,
  act TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  entities TEXT NOT NULL DEFAULT '[]'
);
"""


@migrations()
def what_editors_do_afterwards(db: Database) -> None:
    for statement in _statements(AFTERWARDS):
        db.execute(statement)


ASKED = """
-- Key events and pinned posts in the order of lists: few, among very many posts.
CREATE INDEX post_key ON post (blog, coalesce(published_at, first_seen_at) DESC, first_seen_at DESC, id DESC)
  WHERE key_event OR pinned;
-- Words of a search that no button can carry, by what stands for them there.
CREATE TABLE asked (digest TEXT PRIMARY KEY, words TEXT NOT NULL, asked_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX asked_when ON asked (asked_at);
"""


@migrations()
def what_people_ask_again(db: Database) -> None:
    for statement in _statements(ASKED):
        db.execute(statement)


PUSHES = """
-- what nobody has sent goes after a day; and the message that an editor's reply is about
CREATE INDEX push_open ON push (created_at) WHERE state IN ('draft', 'waiting');
CREATE INDEX push_control ON push (preview_chat, preview_message);
"""


@migrations()
def what_open_pushes_are_found_by(db: Database) -> None:
    for statement in _statements(PUSHES):
        db.execute(statement)


CARDS = """
-- the card of a blog: a post whose revision rises with every change of what it would show
CREATE TABLE card (
  blog TEXT PRIMARY KEY,
  post INTEGER NOT NULL UNIQUE,
  -- what its revision stands for; NULL: nobody has looked yet
  shows TEXT,
  -- when chats are, or were last, told of a change
  raised_at REAL NOT NULL DEFAULT 0,
  look_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX card_look ON card (look_at);
-- what chats shall not have any more, until it is gone there
CREATE INDEX delivery_unwanted ON delivery (wanted, sent) WHERE wanted = 0;
"""


@migrations()
def cards_of_blogs(db: Database) -> None:
    for statement in _statements(CARDS):
        db.execute(statement)


ANSWERS = """
-- the earlier post that this one goes on with, or corrects
ALTER TABLE post ADD COLUMN continues INTEGER;
-- of a correction: the headline that people had read
ALTER TABLE post ADD COLUMN was TEXT;
CREATE INDEX post_correction ON post (continues) WHERE notice = 'correction';
"""


@migrations()
def which_posts_answer_others(db: Database) -> None:
    for statement in _statements(ANSWERS):
        db.execute(statement)


FORUMS = """
-- a topic of a forum that was closed by its people: it hears nothing until they open it again
ALTER TABLE subscription ADD COLUMN closed_at REAL;
-- topics that the bot opened for a blog, or is to open
CREATE TABLE forum_topic (
  chat INTEGER NOT NULL REFERENCES chat(id),
  blog TEXT NOT NULL,
  thread INTEGER,                      -- NULL: not opened yet
  asked_in INTEGER NOT NULL DEFAULT 0, -- the thread where it was asked for
  topics TEXT NOT NULL DEFAULT ' ',    -- what it is to follow, as of a subscription
  asked_at REAL NOT NULL,
  doubts INTEGER NOT NULL DEFAULT 0,   -- how often it was to be opened and no answer came
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before REAL NOT NULL DEFAULT 0,
  closed_for REAL,                     -- the end of the blog (`ended_at`) for which it was closed
  PRIMARY KEY (chat, blog)
) WITHOUT ROWID;
CREATE INDEX forum_topic_wanted ON forum_topic (not_before) WHERE thread IS NULL;
CREATE INDEX forum_topic_blog ON forum_topic (blog, closed_for);
"""


@migrations()
def topics_that_the_bot_opens(db: Database) -> None:
    for statement in _statements(FORUMS):
        db.execute(statement)


@migrations()
def pushes_whose_end_is_still_to_be_shown(db: Database) -> None:
    db.execute(
        """CREATE INDEX push_watched ON push (sent_at)
        WHERE end_shown = 0 AND sent_at IS NOT NULL AND preview_message IS NOT NULL"""
    )


CLOSED_TOPICS = """
-- The few subscriptions that hear nothing for now: an audience is all who follow, less these.
CREATE INDEX subscription_closed ON subscription (chat, thread, blog) WHERE closed_at IS NOT NULL;
"""


@migrations()
def whom_an_audience_does_not_reach(db: Database) -> None:
    for statement in _statements(CLOSED_TOPICS):
        db.execute(statement)


ALARMS = """
-- what is or was not as it should be
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',      -- a blog, or ''
  part TEXT NOT NULL DEFAULT '',       -- which of several of a kind: a page, a reason
  subject TEXT NOT NULL DEFAULT '',    -- of what it speaks, in words
  text TEXT NOT NULL,
  since REAL NOT NULL,
  tell_at REAL NOT NULL,               -- what comes back soon is told later, if it still stands
  ended_at REAL,
  ending TEXT                          -- how it ended, in words; NULL: nobody is told
);
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, about, part) WHERE ended_at IS NULL;
CREATE INDEX alarm_of ON alarm (kind, about, part, id);
CREATE INDEX alarm_ended ON alarm (ended_at) WHERE ended_at IS NOT NULL;
-- who was told of it, and of its end; person 0: all the admins there were, before it was noted who
CREATE TABLE heard (
  alarm INTEGER NOT NULL REFERENCES alarm(id),
  person INTEGER NOT NULL,
  at REAL NOT NULL,
  end_at REAL,
  PRIMARY KEY (alarm, person)
) WITHOUT ROWID;
-- what Telegram refused, by what it said
CREATE INDEX delivery_refused ON delivery (bot, aside, settled_at)
  WHERE sent <> wanted AND aside NOT IN ('closed', 'left', 'asleep');
"""


@migrations()
def alarms_and_their_ends_and_what_was_refused(db: Database) -> None:
    for statement in _statements(ALARMS):
        db.execute(statement)


APPLIED_FILES = """
-- The configuration files that were in force last, byte for byte; the newest is the one that is.
CREATE TABLE applied_file (
  id INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  who TEXT NOT NULL,                   -- 'start', 'saved', 'reload', 'rollback', 'dashboard'
  sha TEXT NOT NULL UNIQUE,            -- of the text, shortened: its name
  text BLOB NOT NULL
);
"""


@migrations()
def which_files_were_in_force(db: Database) -> None:
    for statement in _statements(APPLIED_FILES):
        db.execute(statement)


SAMPLES = """
-- what was measured; `at` is when its minute, or its minutes, began
CREATE TABLE sample (
  name TEXT NOT NULL,
  at REAL NOT NULL,
  value REAL NOT NULL,
  minutes INTEGER NOT NULL,            -- that it is the mean of
  PRIMARY KEY (name, at)
) WITHOUT ROWID;
CREATE INDEX sample_at ON sample (at);
CREATE INDEX sample_minute ON sample (at) WHERE minutes = 1;
-- the few that are none of their page's posts, so that those are counted without reading any
CREATE INDEX post_notice ON post (blog) WHERE notice IS NOT NULL;
"""


@migrations()
def what_was_measured(db: Database) -> None:
    for statement in _statements(SAMPLES):
        db.execute(statement)


WHY = """
-- how it was first seen ('poll', 'hub', 'intake', 'baseline', 'old'); NULL: before this was noted
ALTER TABLE post ADD COLUMN came TEXT;
-- when what it follows, and how much of it, was last said anew
ALTER TABLE subscription ADD COLUMN changed_at REAL;
-- the last time that nobody could be reached there
ALTER TABLE chat ADD COLUMN was_closed_at REAL;
ALTER TABLE chat ADD COLUMN reopened_at REAL;
"""


@migrations()
def what_is_asked_about_a_post_that_did_not_arrive(db: Database) -> None:
    for statement in _statements(WHY):
        db.execute(statement)


ALARMS_BEFORE = """
-- What stood before there was a table of alarms: notes about blogs that fail, and what their pages showed.
INSERT INTO alarm (kind, about, subject, text, since, tell_at)
  SELECT 'failing', substr(n.name, 9), substr(n.name, 9), n.text,
  coalesce(b.answered_at, b.polled_at, strftime('%s', 'now') + 0.0), 0
  FROM note n LEFT JOIN blog b ON b.id = substr(n.name, 9) WHERE n.name LIKE 'failing %';
DELETE FROM note WHERE name LIKE 'failing %';
INSERT INTO alarm (kind, about, part, subject, text, since, tell_at)
  SELECT 'page', id, coalesce((SELECT url FROM page WHERE page.blog = blog.id AND url <> ''
  ORDER BY accepted_at DESC LIMIT 1), ''), id, alarm, coalesce(polled_at, strftime('%s', 'now') + 0.0), 0
  FROM blog WHERE alarm <> '';
ALTER TABLE blog DROP COLUMN alarm;
-- Who had been told was not noted.
INSERT INTO heard (alarm, person, at) SELECT id, 0, since FROM alarm;
"""


@migrations()
def alarms_that_stood_before(db: Database) -> None:
    for statement in _statements(ALARMS_BEFORE):
        db.execute(statement)


REFUSED = """
-- As before, asked in an order that tells of nearly every row at once that it is none: a third of an insert was this.
DROP INDEX delivery_refused;
CREATE INDEX delivery_refused ON delivery (bot, aside, settled_at)
  WHERE aside IS NOT NULL AND aside NOT IN ('closed', 'left', 'asleep') AND sent <> wanted;
"""


@migrations()
def what_was_refused_costs_nothing_where_nothing_was(db: Database) -> None:
    for statement in _statements(REFUSED):
        db.execute(statement)


TURNS = """
-- raised by every publishing: who has read it before may have read something older
ALTER TABLE blog ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
-- until then its hub is relied on to tell us of its news
ALTER TABLE blog ADD COLUMN hub_until REAL;
"""


@migrations()
def readings_take_turns(db: Database) -> None:
    for statement in _statements(TURNS):
        db.execute(statement)


def names() -> frozenset[str]:
    """Of all the migrations that this version knows."""
    with contextlib.closing(Database(memory=True)) as empty:
        return frozenset(one.name for one in migrations.pending(empty))


def _statements(script: str) -> list[str]:
    """One statement each: `executescript` would commit the migration's own transaction."""
    return [part for part in script.split(";\n") if part.strip()]
