"""Topics of their own for blogs, in groups that have topics: asked for by a button, opened, closed with the blog."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog
from telegram import Bot, ChatMemberAdministrator, Message
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.core.model import Button, Rendered
from bot.core.settle import pause
from bot.core.texts import Texts
from bot.core.writing import cut, line
from bot.request import NotSent
from handlers.access import CannotTell
from handlers.asked import Asked, Effect, Pressed, Where, Wrong
from handlers.blogs import Blogs, Known
from handlers.house import House
from handlers.naming import all_blogs
from handlers.replies import send
from handlers.targets import own
from storage import ForumTopic, StoreError

log = structlog.get_logger()

LOOK_SECONDS = 2.0  # how soon the end of a blog shows; a press is seen to at once
MOST_DOUBTS = 2  # attempts to open of which nobody knows what came
DOUBT_SECONDS = 5.0
LONGEST_NAME = 128  # https://core.telegram.org/bots/api#createforumtopic
MOST_ROWS = 49  # with two buttons each and one for all Telegram's hundred are nearly full
MOST_AT_ONCE = 20  # topics that one press asks for

Buttons = list[tuple[Button, ...]]


# --- the buttons ---------------------------------------------------------------------------------------------------


def is_forum(asked: Asked) -> bool:
    return bool(asked.message.chat.is_forum)


def own_topic(where: Where, known: Known) -> Button:
    """Asks for a topic for one blog."""
    return Button(text=where.t.gettext("In a topic of its own"), data=f"forum:{known.id}")


def with_topics(where: Where, rows: Buttons, blogs: Sequence[Known]) -> Buttons:
    """The buttons of the blogs, each with one for its topic beside it; and one for all."""
    beside = [(*row, own_topic(where, known)) for row, known in zip(rows[:MOST_ROWS], blogs, strict=False)]
    return [*beside, (Button(text=where.t.gettext("Open a topic for each"), data="forum:"),)]


async def press_topic(pressed: Pressed) -> Effect:
    """`forum:<blog>`, or `forum:` for every blog."""
    t, target = pressed.t, await own(pressed)
    message = pressed.query.message
    if not isinstance(message, Message) or not message.chat.is_forum:
        raise Wrong(t.gettext("This group has no topics: its owner can switch them on in the group's settings."))
    blogs = [known for known in await all_blogs(pressed) if pressed.argument in ("", known.id)]
    if not blogs:
        raise Wrong(t.gettext("That live blog is not here any more."))
    if not await _may_open(pressed):
        raise Wrong(_not_allowed(t))
    wished = await pressed.house.store.wish_for_topics(
        chat=target.chat.id,
        blogs=[known.id for known in blogs[:MOST_AT_ONCE]],
        asked_in=target.thread,
        now=pressed.house.clock(),
    )
    pressed.house.topics_wished.set()
    return Effect(toast=_wished(pressed, blogs, len(wished)))


def _wished(pressed: Pressed, blogs: Sequence[Known], count: int) -> str:
    t = pressed.t
    if count:
        return t.ngettext("Opening {n} topic.", "Opening {n} topics.", count)
    if len(blogs) == 1:
        return t.gettext("{blog} has its topic in this group already.", blog=pressed.named(blogs[0].title))
    return t.gettext("Every live blog has its topic in this group already.")


async def _may_open(pressed: Pressed) -> bool:
    try:
        member = await pressed.bot.get_chat_member(pressed.chat.telegram_id, pressed.bot.id)
    except TelegramError as error:
        raise CannotTell(str(error)) from error
    return isinstance(member, ChatMemberAdministrator) and bool(member.can_manage_topics)


def _not_allowed(t: Texts) -> str:
    return t.gettext("I may not open topics here: make me an admin who may manage topics, then press again.")


# --- opening and closing -------------------------------------------------------------------------------------------


async def keep_topics(bot: Bot, house: House) -> None:
    """Until it is cancelled: open what was asked for, close what has ended, open again what goes on."""
    keeping = _Keeping(bot, house)
    while True:
        house.topics_wished.clear()
        try:
            await keeping.look()
        except StoreError as error:
            log.warning("topics not looked after", why=str(error))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await house.topics_wished.wait()


class _Keeping:
    def __init__(self, bot: Bot, house: House) -> None:
        self._bot, self._house, self._store = bot, house, house.store
        self._blogs = Blogs(house)

    async def look(self) -> None:
        """One round."""
        for topic in await self._store.topics_wished(self._house.bot, self._house.clock()):
            await self._open(topic)
        for topic in await self._store.topics_to_close(self._house.bot, self._house.clock()):
            await self._turn(topic, self._bot.close_forum_topic)
        for topic in await self._store.topics_to_reopen(self._house.bot, self._house.clock()):
            await self._turn(topic, self._bot.reopen_forum_topic)

    async def _open(self, topic: ForumTopic) -> None:
        """Once, as far as that can be told: Telegram has no list of topics. What was asked of it and not answered may
        leave a topic that nothing arrives in; two that follow the blog there are never."""
        title = await self._title(topic.blog)
        if topic.doubts >= MOST_DOUBTS or title is None:
            await self._give_up(topic, "no answer to two attempts" if title else "the blog is not in the file")
            return
        await self._store.topic_tried(topic)
        try:
            created = await self._bot.create_forum_topic(topic.telegram_id, cut(line(title), (), LONGEST_NAME)[0])
        except TelegramError as error:
            await self._not_opened(topic, error)
            return
        thread = created.message_thread_id
        if await self._store.topic_opened(topic, thread, self._house.clock()):
            await self._say(topic, thread, self._welcome(topic, title))

    async def _title(self, blog: str) -> str | None:
        return next((known.title for known in await self._blogs.all() if known.id == blog), None)

    async def _not_opened(self, topic: ForumTopic, error: TelegramError) -> None:
        match error:
            case RetryAfter() | NotSent() | ChatMigrated():
                await self._later(topic, error, in_doubt=False)
            case BadRequest() | Forbidden():
                await self._give_up(topic, error.message)
                await self._say(topic, topic.asked_in, _not_allowed(self._texts(topic)))
            case _:
                await self._later(topic, error, in_doubt=True)

    async def _give_up(self, topic: ForumTopic, why: str) -> None:
        log.warning("topic not opened", chat=topic.telegram_id, blog=topic.blog, why=why)
        await self._store.forget_topic(topic)

    async def _turn(self, topic: ForumTopic, call: Callable[[int, int], Awaitable[bool]]) -> None:
        """Close it or open it again. Twice is as once; who lost the right to it leaves it as it is."""
        assert topic.thread is not None, "only such are looked for"
        try:
            await call(topic.telegram_id, topic.thread)
        except (BadRequest, Forbidden) as error:
            if any(words in error.message.lower() for words in ("topic_id_invalid", "topic_deleted", "not found")):
                await self._store.forget_topic(topic)
                return
            if "not_modified" not in error.message.lower():
                log.warning("topic not closed or opened", chat=topic.telegram_id, why=error.message)
        except TelegramError as error:
            await self._later(topic, error, in_doubt=False)
            return
        await self._store.topic_turned(topic)

    async def _later(self, topic: ForumTopic, error: TelegramError, *, in_doubt: bool) -> None:
        log.info("topic tried again later", chat=topic.telegram_id, why=str(error))
        wait = error._retry_after.total_seconds() if isinstance(error, RetryAfter) else pause(topic.attempts + 1)
        until = self._house.clock() + (max(wait, DOUBT_SECONDS) if in_doubt else wait)
        await self._store.topic_later(topic, until, in_doubt=in_doubt)

    def _welcome(self, topic: ForumTopic, title: str) -> str:
        t = self._texts(topic)
        return t.gettext(
            "New posts of {blog} arrive in this topic by themselves. When it ends, the topic is closed.",
            blog=cut(line(title), (), LONGEST_NAME)[0],
        )

    def _texts(self, topic: ForumTopic) -> Texts:
        return Texts.of(topic.language or "en")

    async def _say(self, topic: ForumTopic, thread: int, words: str) -> None:
        try:
            await send(self._bot, topic.telegram_id, Rendered(text=words), thread=thread)
        except TelegramError as error:  # nobody waits for it
            log.info("nothing said in topic", chat=topic.telegram_id, why=str(error))
