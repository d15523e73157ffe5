"""What may be asked of the store about posts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.core.facts import Facts
from bot.core.model import Relayed
from bot.core.paging import Page, Sought, Turn
from storage import asked, finding, posts, why
from storage.chats import Chat
from storage.door import Door


class PostsDoor(Door):
    async def latest(self, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.read(posts.latest, blogs=blogs, now=now, limit=limit)

    async def listed(self, sought: Sought, *, now: float, limit: int, turn: Turn | None = None) -> Page | None:
        """A page of the posts that are sought; None where the post of the turn is kept no more."""
        much = bool(sought.words or sought.span)
        ask = self._db.count if much else self._db.read
        return await ask(posts.page, sought=sought, now=now, limit=limit, turn=turn)

    async def topics(self, *, blogs: Sequence[str], now: float, since: float = 0.0) -> dict[str, int]:
        return await self._db.count(posts.topics, blogs=blogs, now=now, since=since)

    async def tally(self, sought: Sought, *, now: float, turn: Turn | None = None) -> tuple[int, dict[str, int]]:
        """How many posts of a span are sought, beyond the post of a turn where one is given, and how many of them each
        topic has."""
        return await self._db.count(posts.tally, sought=sought, now=now, turn=turn)

    async def told_lately(self, *, blogs: Sequence[str], now: float, since: float, limit: int) -> list[Relayed]:
        return await self._db.count(posts.told_lately, blogs=blogs, now=now, since=since, limit=limit)

    async def search(self, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.count(posts.search, words=words, blogs=blogs, now=now, limit=limit)

    async def keep_words(self, words: str, now: float) -> str:
        """What stands in a button for words that it cannot carry."""
        return await self._db.write_often(asked.keep, words, now)

    async def kept_words(self, short: str) -> str | None:
        return await self._db.read(asked.words, short)

    async def post(self, number: int) -> Relayed | None:
        return await self._db.read(posts.post, number)

    async def find_posts(self, words: str) -> list[Relayed]:
        """Which posts are meant: our number, the publisher's key, a link, or words of the headline. Six at most."""
        return await self._db.count(finding.posts, words)

    async def find_chats(self, words: str, bot: str = "main") -> list[Chat]:
        """Which chats somebody means: Telegram's number, else ours; or a title, which looks at every chat."""
        return await self._db.count(finding.found_chats, bot, words)

    async def was_post(self, number: int) -> bool:
        """Whether there is or ever was a post of this number."""
        return await self._db.read(why.was, number)

    async def facts(self, post: int, chat: int, *, now: float, zone: Callable[[str | None], str]) -> Facts:
        """All that is kept of a post and a chat (ours). `zone`: by whose clock a chat lives that chose none."""
        return await self._db.read(why.facts, post, chat, now, zone)
