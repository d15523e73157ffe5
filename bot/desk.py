"""The acts of publishing, shared by everybody who publishes: the poller, editors in Telegram, the command line.

An act writes its whole effect in one transaction and wakes the sender; what it returns is what its author should hear.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from bot.core.corrections import Correction, of_a_blog
from bot.core.facts import Came
from bot.core.model import Change, ChangeKind, Post, Relayed, Snapshot, SnapshotKind, Verdict
from bot.core.publishing import Handover, PostWrite, Publishing, PushText, Sending, Validators
from bot.core.summary import summary
from bot.core.timing import has_date
from bot.core.topics import topics_of
from bot.core.writing import line
from config.settings import Blog, Settings
from storage import Act, Restored, Store

log = structlog.get_logger()

BOT = "main"  # whose chats are counted
LANDED_SECONDS = 3.0  # an answer of Telegram takes some hundredths
AT_ONCE = 8  # posts made ready before the loop has its turn
SUMMARY_ROOM = 3500  # characters kept; a blog's max_chars is applied when it is rendered


class Desk:
    """`wake` is called after every act that gives the sender something to do."""

    def __init__(
        self,
        store: Store,
        settings: Callable[[], Settings],
        *,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._settings, self._wake, self._clock = store, settings, wake, clock

    async def relay(
        self,
        blog: Blog,
        url: str,
        snapshot: Snapshot | None,
        verdict: Verdict,
        validators: Validators | None,
        came: Came = Came.POLL,
        *,
        turn: int | None = None,
    ) -> int:
        """Write what a poll found and tell whoever follows it. Returns how many posts somebody hears of.

        `snapshot` is None where the page had not changed; `url` is "" where it came from no page. Validators advance in
        the same transaction or not at all. Overtaken where the blog's turn is not `turn` any more.
        """
        writes = await _writes(blog, verdict, snapshot.url if snapshot else None)
        publishing = Publishing(
            blog=blog.id,
            url=url,
            now=self._clock(),
            turn=turn,
            came=Came.BASELINE if verdict.baseline else came,
            writes=writes,
            seen=verdict.seen,
            aliases=verdict.aliases,
            page=verdict.page,
            validators=validators,
            title=snapshot.title if snapshot else None,
            page_url=snapshot.url if snapshot else None,
            ended=_ended(snapshot, verdict),
            about_the_blog=snapshot is not None and snapshot.kind is not SnapshotKind.DELTA,
            starts_at=snapshot.starts_at.timestamp() if snapshot and snapshot.starts_at else None,
            interval_hint=snapshot.interval_hint if snapshot else None,
            handover=_handover(blog, url, snapshot, verdict),
            key_events=_key_events(snapshot, verdict),
            hold=blog.hold.total_seconds(),
            edit_quiet=self._settings().delivery.edit_quiet.total_seconds(),
            edits_for=self._settings().delivery.edits_for.total_seconds(),
            correction_reply=blog.correction_reply,
            language=blog.language,
        )
        told = await self._store.publish(publishing)
        if told:
            self._wake()
        return len(told)

    async def draft(self, author: int, text: PushText) -> int:
        """Keep what an editor wrote, to be previewed. Returns its number."""
        return await self._store.draft(author=author, text=text, now=self._clock())

    async def send(self, post: int, sending: Sending, *, person: int | None = None, chats: int | None = None) -> bool:
        """Send a draft to its audience, or schedule it, once: False where it is no draft any more.

        `person`: who says so, None on the command line; `chats`: to how many they were told it goes.
        """
        now = self._clock()
        sent = await self._woken(self._store.send_push(post, sending=sending, now=now, person=person, chats=chats))
        return _logged(sent, post, chats, at=sending.at)

    async def approve(self, post: int, *, person: int, chats: int | None = None) -> bool:
        """Another editor lets a push go that waits for it: False where it waits no more, or is their own."""
        now = self._clock()
        sent = await self._woken(self._store.approve_push(post, person=person, now=now, chats=chats))
        return _logged(sent, post, chats)

    async def reject(self, post: int, *, person: int) -> bool:
        """Or not: False where it waits no more."""
        return await self._store.reject_push(post, person=person, now=self._clock())

    async def send_push_now(self, post: int, *, person: int | None = None) -> bool:
        """What is scheduled goes at once: False where it went or was cancelled before."""
        return _logged(await self._woken(self._store.send_push_now(post, person=person, now=self._clock())), post)

    async def cancel(self, post: int, *, person: int | None = None, words: str = "") -> bool:
        """Drop what has not gone out yet: False where it has, or was dropped before."""
        return await self._store.cancel_push(post, person=person, now=self._clock(), words=words)

    async def drop_drafts_of_others(self) -> int:
        """Whoever is no editor any more loses what they had not sent. Returns how many drafts that were."""
        access = self._settings().access
        return await self._store.drop_drafts_but_of({*access.editors, *access.admins})

    # `person` is who did it, a Telegram user id; None: the relay itself, or its command line, or whom `words` name.

    async def hold(self, blog: str | None, *, person: int | None = None, words: str = "") -> None:
        """Stop relaying a blog (None: all). Withdrawals still pass."""
        await self._store.hold(blog, self._clock(), person, words)
        log.info("relaying held", blog=blog or "(all)")

    async def release(self, blog: str | None, *, person: int | None = None, words: str = "") -> int:
        """Relaying goes on, with what came meanwhile. Returns how many new posts waited."""
        waited = await self._store.release(blog, self._clock(), person, words)
        log.info("relaying released", blog=blog or "(all)", waited=waited)
        self._wake()
        return waited

    # --- a push on its way

    async def pause(self, post: int, *, person: int | None = None, words: str = "") -> bool:
        """Nothing more of a push leaves until it is resumed: False where it is not on its way."""
        return await self._store.pause_push(await self._act("pause", post, person, words))

    async def resume(self, post: int, *, person: int | None = None, words: str = "") -> bool:
        """A paused push goes on: False where it is not paused."""
        return await self._woken(self._store.resume_push(await self._act("resume", post, person, words)))

    async def drop_the_rest(self, post: int, *, person: int | None = None, words: str = "") -> bool:
        """Who has a push keeps it, nobody else gets it: False where it is not on its way."""
        return await self._woken(self._store.drop_the_rest(await self._act("stop", post, person, words)))

    # --- what stands in chats

    async def withdraw(self, post: int, *, person: int | None = None, why: str = "") -> int | None:
        """Take a post down in every chat and list; the page cannot bring it back. A push is recalled in this way.

        Returns in how many chats it is; None where there is no such post, or an editor did it before.
        """
        act = await self._act("withdraw", post, person, why)
        if not await self._woken(self._store.withdraw(act)):
            return None
        await self._landed(post)
        return act.chats

    async def correct(self, post: int, said: PushText, *, person: int | None = None) -> int | None:
        """Let a post say this in every chat and list, against its page. Its picture stays, unless `said` has one.

        Returns in how many chats it is; None where there is no such post, it is withdrawn, or it was copied as it was
        and cannot be edited.
        """
        found = await self._store.post(post)
        if found is None:
            return None
        act = await self._act("correct", post, person, line(said.text))
        blog = self._settings().blog(found.blog) if found.blog else None
        reply_in = blog.language if blog and blog.correction_reply else None
        done = self._store.correct(act, self._correction(found, said), reply_in=reply_in)
        return act.chats if await self._woken(done) else None

    async def restore(self, post: int, *, person: int | None = None) -> Restored:
        """Take our editors' word back: the post is as its page has it now."""
        restored = await self._store.restore(await self._act("restore", post, person))
        self._wake()
        return restored

    async def send_now(self, post: int, *, person: int | None = None) -> bool:
        """Send a held post at once: False where it waits no more, or its blog is stopped."""
        return await self._woken(self._store.send_held_now(await self._act("send now", post, person)))

    async def drop(self, post: int, *, person: int | None = None) -> bool:
        """Never send a held post: False where it waits no more. It stays down until it is restored."""
        return await self._woken(self._store.drop_held(await self._act("drop", post, person)))

    # --- what Telegram refused

    async def requeue(self, why: str | None = None, *, person: int | None = None, words: str = "") -> int:
        """Let what was refused be tried again: for this reason of Telegram's, None: all of it. Returns how many
        deliveries; what is refused once more meanwhile stays refused."""
        said = ": ".join(filter(None, (words, why)))
        act, count, noted = Act(at=self._clock(), act="requeue", person=person, words=said), 0, None
        while True:
            some, noted = await self._store.requeue_some(BOT, act, noted, why or "")
            if not some:
                return count
            count += some
            self._wake()

    # --- a chat

    async def forget(self, chat: int) -> None:
        """Everything about a chat. Its cards go first, as nobody would keep them true; but it waits for nothing that
        Telegram does not take away at once."""
        await self._store.lose_cards(chat)
        self._wake()
        await self._once_not(lambda: self._store.is_losing(chat))
        await self._store.forget(chat)

    # --- an editor's post in a blog

    async def draft_editorial(self, blog: Blog, said: PushText, *, person: int) -> int:
        """Keep what an editor wrote for a blog's stream, to be previewed. Returns its number."""
        written = self._summarised(of_a_blog(said.text, said.entities, has_headline="\n" in said.text.strip()), blog)
        topics = topics_of(written.title, written.text, (), blog.topics)
        return await self._store.draft_editorial(
            author=person, blog=blog.id, said=written, topics=topics, now=self._clock(), photo=said.photo
        )

    async def send_editorial(self, post: int, *, person: int) -> bool:
        """Into the blog's stream, once: False where it was sent or cancelled before."""
        return await self._woken(self._store.send_editorial(await self._act("note", post, person)))

    def _correction(self, found: Relayed, said: PushText) -> Correction:
        if found.blog is None:
            return Correction(text=said.text, entities=said.entities, photo=said.photo)
        has_headline = bool(found.title) and not found.title_is_derived
        written = of_a_blog(said.text, said.entities, has_headline=has_headline)
        blog = self._settings().blog(found.blog)
        return self._summarised(written, blog) if blog else written

    def _summarised(self, written: Correction, blog: Blog) -> Correction:
        post = Post(key="", title=written.title, title_is_derived=written.title_is_derived, text=written.text)
        return replace(written, summary=summary(post, _room(blog), blog.language))

    async def _act(self, act: str, post: int, person: int | None, words: str = "") -> Act:
        """With how many chats have the post as it is done."""
        chats = await self._store.reached(BOT, post)
        return Act(at=self._clock(), act=act, person=person, post=post, chats=chats, words=words)

    async def _landed(self, post: int) -> None:
        """Until what was on the wire has arrived: a message whose number is not known cannot be taken back after a
        kill, so that nobody is told of a takedown before."""
        await self._once_not(lambda: self._store.is_on_the_wire(BOT, post))

    async def _once_not(self, under_way: Callable[[], Awaitable[bool]]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LANDED_SECONDS):
                while await under_way():  # noqa: ASYNC110 the sender writes it
                    await asyncio.sleep(0.02)

    async def _woken(self, act: Awaitable[bool]) -> bool:
        done = await act
        if done:
            self._wake()
        return done


def _logged(sent: bool, post: int, chats: int | None = None, at: float | None = None) -> bool:
    """`chats`: what its editor was told; `at`: when it goes, where that is later."""
    if sent:
        log.info("push sent", post=post, chats=chats, at=at)
    return sent


def _ended(snapshot: Snapshot | None, verdict: Verdict) -> bool | None:
    """Whether the blog has ended; None where the snapshot says nothing of it: a delta knows only what it shows."""
    if snapshot is None or not verdict.accepted:
        return None
    return snapshot.ended or (None if snapshot.kind is SnapshotKind.DELTA else False)


async def _writes(blog: Blog, verdict: Verdict, page: str | None) -> tuple[PostWrite, ...]:
    """In turns with what else the loop has to do: of hundreds of posts, the summaries take a quarter of a second.

    `page`: where readers find a post that has no address of its own.
    """
    gone = [_gone(change) for change in verdict.changes if change.post is None and _is_about_a_post(change)]
    posts: list[tuple[ChangeKind | None, Post]] = [(None, post) for post in verdict.stored]
    posts += [(change.kind, change.post) for change in verdict.changes if change.post is not None]
    written: list[PostWrite] = []
    for kind, post in posts:
        written.append(_write(blog, kind, post if post.url else replace(post, url=page)))
        if len(written) % AT_ONCE == 0:
            await asyncio.sleep(0)
    return (*gone, *written)


def _handover(blog: Blog, url: str, snapshot: Snapshot | None, verdict: Verdict) -> Handover | None:
    """That the page names its successor, or is itself the one that the blog goes on with.

    An address that the admin wrote anew is no hand-over, and one that only machines read tells readers nothing.
    """
    if snapshot is None:
        return None
    title = blog.title or snapshot.title
    moved = next((change.title for change in verdict.changes if change.kind is ChangeKind.MOVED), None)
    if moved is not None:
        return Handover(key=moved, url=moved, title=title)
    is_page = url and snapshot.kind is not SnapshotKind.DELTA  # and not something that was handed to us
    if verdict.continued and is_page and snapshot.url and (url != blog.url or has_date(blog.url)):
        return Handover(key=url, url=snapshot.url, title=title, begun=True)
    return None


def _key_events(snapshot: Snapshot | None, verdict: Verdict) -> tuple[str, ...]:
    """A post may be marked with no word of it changed, which is no edit and yet news to some."""
    if snapshot is None or not verdict.accepted:
        return ()
    return tuple(post.key for post in snapshot.posts if (post.pinned or post.key_event) and not post.withdrawn)


def _is_about_a_post(change: Change) -> bool:
    return change.kind not in (ChangeKind.ENDED, ChangeKind.MOVED)


def _gone(change: Change) -> PostWrite:
    """A hole has no post any more; its key is all that is needed."""
    return PostWrite(change=change.kind, post=Post(key=change.key, withdrawn=True))


def _write(blog: Blog, kind: ChangeKind | None, post: Post) -> PostWrite:
    return PostWrite(
        change=kind,
        post=post,
        topics=topics_of(post.title, post.text, post.tags, blog.topics),
        summary=summary(post, _room(blog), blog.language),
    )


def _room(blog: Blog) -> int:
    return SUMMARY_ROOM if blog.text == "full" else blog.max_chars


def seconds_to_send(chats: int, per_second: float) -> float:
    """How long a push to so many chats takes at this pace."""
    return chats / per_second
