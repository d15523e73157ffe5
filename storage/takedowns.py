"""Our editors' word on posts: taken down, corrected, restored. The page has no say in a post they spoke about.

What the page says meanwhile is kept beside it (`overruled`), so that a restored post is as the page has it by then. An
editor's own push is taken down and corrected in the same way; no page speaks of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

import orjson

from bot.core.corrections import Correction, says_the_same
from bot.core.model import ChangeKind, Lane
from storage import audit, cards, corrections, expansion, returns, states
from storage.audit import Act
from storage.rows import entities_json, to_json, upsert
from storage.spoken import Connection, Row

WITHDRAWN, CORRECTED = "withdrawn", "corrected"  # what `post.editors_word` may be
_COMPARED = 200  # posts taken down, with which a new one is compared
_PAGES = (
    "title",
    "title_is_derived",
    "text",
    "entities",
    "embeds",
    "summary",
    "published_at",
    "authors",
    "topics",
    "images",
    "photo",
    "url",
    "pinned",
    "key_event",
    "struck",
)  # what a page says of a post


class Restored(Enum):
    """What became of a post that an editor restored."""

    BACK = "back"
    STILL_GONE = "still gone"  # the page took it down as well
    NOTHING = "nothing"  # no editor had taken it down or corrected it


def withdraw(db: Connection, act: Act) -> bool:
    """Out of every list in this transaction, out of every chat ahead of everything else. False: it was before."""
    assert act.post is not None
    post = _find(db, act.post)
    if post is None or post["notice"] is not None or _is_down(post):
        return False
    if post["blog"] is not None:
        _keep_the_pages_word(db, post)
    db.execute(
        """UPDATE post SET withdrawn_at = :now, revision = revision + 1,
        editors_word = CASE WHEN blog IS NULL THEN editors_word ELSE :word END WHERE id = :post""",
        {"now": act.at, "word": WITHDRAWN, "post": post["id"]},
    )
    expansion.cancel(db, post["id"], act.at)
    _change(db, post, Lane.WITHDRAWAL, act.at)
    _note(db, act, post)
    return True


def correct(db: Connection, act: Act, correction: Correction, reply_in: str | None = None) -> bool:
    """Another text in every chat and list. False where it is withdrawn, or nothing that can be edited.

    `reply_in`: the language of a blog that tells corrected headlines in a reply as well; None of any other.
    """
    assert act.post is not None
    post = _find(db, act.post)
    if post is None or post["notice"] is not None or post["withdrawn_at"] is not None or post["copied_chat"]:
        return False
    if post["blog"] is not None:
        _keep_the_pages_word(db, post)
    db.execute(
        """UPDATE post SET title = :title, title_is_derived = :derived, text = :text, entities = :entities,
        summary = :summary, photo = coalesce(:photo, photo), revision = revision + 1, updated_at = :now,
        editors_word = CASE WHEN blog IS NULL THEN editors_word ELSE :word END WHERE id = :post""",
        {
            "title": correction.title,
            "derived": correction.title_is_derived,
            "text": correction.text,
            "entities": entities_json(correction.entities),
            "summary": correction.summary,
            "photo": correction.photo,
            "now": act.at,
            "word": CORRECTED,
            "post": post["id"],
        },
    )
    if post["blog"] is not None:
        corrections.follow(db, _edit(act, correction, reply_in), post)
    _change(db, post, Lane.EDIT, act.at)
    _note(db, act, post)
    return True


def _edit(act: Act, correction: Correction, reply_in: str | None) -> corrections.Edit:
    return corrections.Edit(
        title=correction.title,
        title_is_derived=correction.title_is_derived,
        text=correction.text,
        now=act.at,
        not_before=act.at,
        reply=reply_in is not None,
        language=reply_in or "en",
    )


def restore(db: Connection, act: Act) -> Restored:
    """As its page has it now, in every chat and list: sent again where it was deleted."""
    assert act.post is not None
    post = _find(db, act.post)
    if post is None or post["editors_word"] is None:
        return Restored.NOTHING
    kept = db.execute("SELECT * FROM overruled WHERE post = ?", (post["id"],)).fetchone()
    says = orjson.loads(kept["says"]) if kept else {}
    gone = bool(kept and kept["gone"])
    was_down = post["withdrawn_at"] is not None
    public_at = post["public_at"]
    if public_at is None and not states.held(db, post["blog"]):
        public_at = act.at  # it was dropped before it was public
    own = {"now": act.at, "post": post["id"], "gone": gone, "public_at": public_at}
    db.execute(
        f"""UPDATE post SET {"".join(f"{name} = :{name}, " for name in says)} revision = revision + 1,
        editors_word = NULL, updated_at = CASE WHEN :gone THEN updated_at ELSE :now END, public_at = :public_at,
        withdrawn_at = CASE WHEN :gone THEN coalesce(withdrawn_at, :now) END WHERE id = :post""",
        says | own,
    )
    db.execute("DELETE FROM overruled WHERE post = ?", (post["id"],))
    if gone:
        expansion.cancel(db, post["id"], act.at)
        _change(db, post, Lane.WITHDRAWAL, act.at)
    elif was_down:
        returns.bring_back(db, post["id"], post["blog"], public_at=public_at, now=act.at)
    else:
        _change(db, post, Lane.EDIT, act.at)
    _note(db, act, post)
    return Restored.STILL_GONE if gone else Restored.BACK


def _find(db: Connection, post: int) -> Any:
    return db.execute("SELECT * FROM post WHERE id = ?", (post,)).fetchone()


def _is_down(post: Row) -> bool:
    """What its page took down can still be taken down by us: then the page cannot bring it back."""
    return post["withdrawn_at"] is not None and (post["blog"] is None or post["editors_word"] == WITHDRAWN)


def _note(db: Connection, act: Act, post: Row) -> None:
    """With the blog that the post is of, whose card may show it; and a push that is watched shows how it goes on."""
    what = "recall" if act.act == "withdraw" and post["blog"] is None else act.act
    audit.note(db, replace(act, act=what, blog=post["blog"]))
    db.execute("UPDATE push SET acted_at = ?, end_shown = 0 WHERE post = ?", (act.at, post["id"]))
    if post["blog"] is not None:
        cards.look(db, post["blog"], act.at)


def _change(db: Connection, post: Row, lane: Lane, now: float) -> None:
    """To every chat that has it, however long ago, and at once: an edit that still waits for the next goes along."""
    db.execute(
        """UPDATE publication SET not_before = :now, sent_since = 0 WHERE post = :post AND kind = 'change'
        AND done_at IS NULL AND begun_at IS NULL""",
        {"now": now, "post": post["id"]},
    )
    corrections.keep_true(db, post["id"], now)
    change = {"post": post["id"], "kind": "change", "lane": lane, "blog": post["blog"]}
    expansion.begin(db, change | {"created_at": now, "not_before": now})


# --- what the page says meanwhile ------------------------------------------------------------------------------------


def _keep_the_pages_word(db: Connection, post: Row) -> None:
    """As it is now; where an editor spoke before, what the page says is kept already."""
    if post["editors_word"] is None:
        says = {name: post[name] for name in _PAGES}
        kept = {"post": post["id"], "says": to_json(says), "gone": post["withdrawn_at"] is not None}
        db.execute(upsert("overruled", kept, key=("post",)), kept)


def heard(db: Connection, post: Row, change: ChangeKind | None, says: Mapping[str, Any], now: float) -> int | None:
    """The page changed a post that our editors spoke about: it is remembered. Returns the post if people hear of it.

    What was taken down stays down, what was corrected keeps the editors' words; but where its page takes a corrected
    post down, or brings it back, it goes and comes with them.
    """
    if change is not ChangeKind.WITHDRAWN:
        kept = db.execute("SELECT says FROM overruled WHERE post = ?", (post["id"],)).fetchone()
        before = orjson.loads(kept["says"]) if kept else {}
        fresh = {name: says[name] for name in _PAGES}
        fresh["published_at"] = fresh["published_at"] or before.get("published_at")
        db.execute("UPDATE overruled SET says = ? WHERE post = ?", (to_json(fresh), post["id"]))
    if change in (ChangeKind.WITHDRAWN, ChangeKind.RESTORED):
        gone = change is ChangeKind.WITHDRAWN
        db.execute("UPDATE overruled SET gone = ? WHERE post = ?", (gone, post["id"]))
        if post["editors_word"] == CORRECTED:
            return _goes_with_its_page(db, post, now, gone=gone)
    return None


def _goes_with_its_page(db: Connection, post: Row, now: float, *, gone: bool) -> int:
    db.execute(
        "UPDATE post SET withdrawn_at = CASE WHEN ? THEN ? END, revision = revision + 1 WHERE id = ?",
        (gone, now, post["id"]),
    )
    if gone:
        expansion.cancel(db, post["id"], now)
        _change(db, post, Lane.WITHDRAWAL, now)
    else:
        returns.bring_back(db, post["id"], post["blog"], public_at=post["public_at"], now=now)
    return int(post["id"])


def stays_down(db: Connection, blog: str, title: str | None, text: str) -> bool:
    """Whether a post that the blog never had says the same as one that was taken down: it is that, published again."""
    rows = db.execute(
        """SELECT o.says FROM post p INDEXED BY post_taken_down JOIN overruled o ON o.post = p.id
        WHERE p.blog = ? AND p.editors_word = 'withdrawn' ORDER BY p.id DESC LIMIT ?""",
        (blog, _COMPARED),
    )
    down = (orjson.loads(row["says"]) for row in rows)
    return any(says_the_same(one["title"], one["text"], title, text) for one in down)


def keep_down(db: Connection, post: int, now: float) -> None:
    """A post that was just stored, and says what was taken down."""
    _keep_the_pages_word(db, _find(db, post))
    db.execute("UPDATE post SET editors_word = ?, withdrawn_at = ? WHERE id = ?", (WITHDRAWN, now, post))
    row = _find(db, post)
    audit.note(db, Act(at=now, act="kept down", post=post, blog=row["blog"], words=row["title"] or ""))
