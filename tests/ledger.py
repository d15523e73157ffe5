"""A store and what is done with it, played by hand: a page that says what it is told to, people who follow it, and a
Telegram that is only a record of what stands in which chat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.choices import Choices
from bot.core.model import ChangeKind, ChatClosed, Done, Lane, Outcome, Post, Volume
from bot.core.plan import Delete, Edit, Pin, Send
from bot.core.publishing import Audience, PostWrite, Publishing, PushText, Sending
from bot.core.settle import settle
from storage import Claim, Store, Subscription
from tests.choosing import choose_in, hear_in

BLOG = "storm"
URL = "https://blog.example/live"
NOON = 1_750_000_000.0

# (post, revision) pairs in the order in which one message carries them
Carried = tuple[tuple[int, int], ...]
Answer = Callable[[Claim], Outcome | None]


@dataclass
class Screens:
    """What stands in each chat: (Telegram's id of the chat, thread) -> message id -> the posts it carries."""

    chats: dict[tuple[int, int], dict[int, Carried]] = field(default_factory=dict)
    last: int = 0

    def perform(self, claim: Claim) -> Done:
        """Do it as Telegram would. What is edited or deleted must be there."""
        screen = self.chats.setdefault((claim.telegram_id, claim.action.rows[0].thread), {})
        carried = tuple((post.id, post.revision) for post in claim.posts)
        match claim.action:
            case Send():
                self.last += 1
                screen[self.last] = carried
                return Done(message_ids=(self.last,))
            case Edit(message=message):
                assert message.message_id in screen, "edits what is not there"
                screen[message.message_id] = carried
                return Done(message_ids=(message.message_id,))
            case Delete(message=message):
                del screen[message.message_id]
                return Done()
            case Pin(message=message):
                assert message.message_id in screen, "pins what is not there"
                return Done()

    def of(self, chat: int, thread: int = 0) -> list[Carried]:
        return list(self.chats.get((chat, thread), {}).values())


@dataclass
class Ledger:
    """One store, at a time that passes only when told."""

    store: Store
    now: float = NOON
    on_withdrawal: str = "notice"
    screens: Screens = field(default_factory=Screens)
    numbers: dict[str, int] = field(default_factory=dict)  # key of a post -> its number in the store

    # --- people

    async def chat(self, telegram_id: int, kind: str = "private", bot: str = "main") -> int:
        met = await self.store.meet(
            bot=bot, telegram_id=telegram_id, kind=kind, title=None, language=None, now=self.now
        )
        return met.id

    async def follow(
        self, telegram_id: int, *topics: str, blog: str = BLOG, thread: int = 0, kind: str = "private"
    ) -> int:
        """Returns our number of the chat."""
        chat = await self.chat(telegram_id, kind)
        await self.store.subscribe(chat=chat, thread=thread, blog=blog, topics=topics, now=self.now)
        return chat

    async def leave(self, chat: int, *, blog: str | None = None, thread: int = 0) -> None:
        await self.store.unsubscribe(chat=chat, thread=thread, blog=blog)

    async def choose(self, chat: int, **choices: object) -> None:
        """In the place of all that the chat had chosen before."""
        await choose_in(self.store, chat, Choices(**choices))  # type: ignore[arg-type]

    async def hear(
        self, chat: int, volume: Volume, *, digest: str = "1h", blog: str = BLOG, thread: int = 0, **how: bool
    ) -> None:
        how = {"sound": True, "pictures": True} | how
        await hear_in(self.store, chat=chat, thread=thread, blog=blog, volume=volume, digest=digest, **how)

    # --- the page

    async def change(self, *writes: PostWrite, blog: str = BLOG, **about: object) -> list[int]:
        publishing = Publishing(blog=blog, url=URL, now=self.now, writes=writes, **about)  # type: ignore[arg-type]
        return await self.store.publish(publishing)

    async def publish(
        self, *keys: str, topics: Sequence[str] = (), blog: str = BLOG, post: Post | None = None, **about: object
    ) -> list[int]:
        """New posts, in this order. Returns their numbers."""
        writes = [
            PostWrite(change=ChangeKind.NEW, post=post or Post(key=key, title=key), topics=tuple(topics))
            for key in keys
        ]
        numbers = await self.change(*writes, blog=blog, **about)
        self.numbers.update(zip(keys, numbers, strict=True))
        return numbers

    async def edit(
        self,
        key: str,
        *,
        topics: Sequence[str] = (),
        text: str = "Edited.",
        post: Post | None = None,
        **about: object,
    ) -> None:
        post = post or Post(key=key, title=key, text=text)
        await self.change(PostWrite(change=ChangeKind.EDITED, post=post, topics=tuple(topics)), **about)

    async def withdraw(self, key: str, **about: object) -> None:
        await self.change(PostWrite(change=ChangeKind.WITHDRAWN, post=Post(key=key, withdrawn=True)), **about)

    async def restore(self, key: str, *, topics: Sequence[str] = (), **about: object) -> None:
        post = Post(key=key, title=key, text="Back.")
        await self.change(PostWrite(change=ChangeKind.RESTORED, post=post, topics=tuple(topics)), **about)

    async def push(
        self,
        text: str = "Attention.",
        *topics: str,
        blog: str | None = None,
        silent: bool = False,
        lane: Lane = Lane.BREAKING,
        **how: Any,
    ) -> int:
        number = await self.store.draft(author=1, text=PushText(text=text), now=self.now)
        sending = Sending(audience=Audience(blog=blog, topics=topics), silent=silent, lane=lane, **how)
        assert await self.store.send_push(number, sending=sending, now=self.now)
        return number

    # --- what leaves

    async def expand(self) -> int:
        """Every publication that is due, to its end, and every chat awake whose time has come. Returns how many chunks
        it took to expand."""
        chunks = 0
        while await self.store.wake("main", self.now):
            pass
        while await self.store.expand(self.now):
            chunks += 1
            assert chunks < 10_000, "expands for ever"
        return chunks

    async def claim(self, limit: int = 1000, busy: Iterable[int] = ()) -> list[Claim]:
        found = await self.store.claim(
            bot="main", now=self.now, limit=limit, busy=frozenset(busy), on_withdrawal=lambda blog: self.on_withdrawal
        )
        return found.claims

    async def settle(self, claim: Claim, outcome: Outcome, ambiguous: str = "resend") -> None:
        rendered = {post.id: post.revision for post in claim.posts}
        await self.store.settle([(claim, settle(claim.action, rendered, outcome, self.now, ambiguous))], self.now)

    async def deliver(self, answer: Answer = lambda claim: None) -> list[Claim]:
        """Everything that may leave now. `answer` says what comes of an action; where it says nothing, it works."""
        done: list[Claim] = []
        while claims := await self.claim():
            for claim in claims:
                outcome = answer(claim) or self.screens.perform(claim)
                await self.settle(claim, outcome)
            done += claims
            assert len(done) < 10_000, "sends for ever"
        return done

    async def run(self) -> list[Claim]:
        """Expand and deliver until it is quiet."""
        await self.expand()
        return await self.deliver()

    async def waiting(self) -> int:
        return sum((await self.store.queue("main")).values())

    def shown(self, chat: int, thread: int = 0) -> list[str]:
        """The keys of the posts that stand in a chat, message by message; those of one message with a + between."""
        keys = {number: key for key, number in self.numbers.items()}
        return ["+".join(keys.get(post, f"push {post}") for post, _ in one) for one in self.screens.of(chat, thread)]

    def revisions(self, chat: int, key: str, thread: int = 0) -> list[int]:
        """At which revisions a post stands in a chat."""
        number = self.numbers[key]
        return [revision for one in self.screens.of(chat, thread) for post, revision in one if post == number]


async def exported(store: Store) -> list[Subscription]:
    return [one async for chunk in store.every_subscription() for one in chunk]


def blocked(claim: Claim) -> Outcome:
    return ChatClosed(why="Forbidden: bot was blocked by the user")
