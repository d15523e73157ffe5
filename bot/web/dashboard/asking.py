"""Why a post stands in a chat, or does not: asked with a form, answered on its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.core.explanation import Explanation, explanation_lines
from bot.core.model import Relayed
from bot.house import House
from bot.web.dashboard.pages import Pages
from bot.web.dashboard.words import short
from bot.why import why
from storage import Chat

LONGEST = 500  # characters of what is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An answer: its outcome, and each step on the way there, oldest first."""

    headline: str
    outcome: str
    steps: tuple[str, ...]
    post: int


class Asking:
    def __init__(self, house: House, pages: Pages) -> None:
        self._house, self._pages = house, pages

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        post, chat = (str(form.get(name, "")).strip()[:LONGEST] for name in ("post", "chat"))
        explained, wrong = await self._explained(post, chat)
        return await self._pages.asked_why(request, post=post, chat=chat, explained=explained, wrong=wrong)

    async def _explained(self, post: str, chat: str) -> tuple[Explained | None, str]:
        """Or what is wrong with the question."""
        if not post or not chat:
            return None, "Name a post and a chat."
        posts = await self._house.store.find_posts(post)
        chats = await self._house.store.find_chats(chat, self._house.bot)
        if len(posts) != 1:
            return None, _which_post(posts)
        if len(chats) != 1:
            return None, _which_chat(chats)
        now = self._house.clock()
        found = await why(self._house.store, self._house.settings(), posts[0].id, chats[0].id, now)
        return _value(found, posts[0]), ""


def _value(found: Explanation, post: Relayed) -> Explained:
    lines = explanation_lines(found)
    return Explained(
        headline=short(found.headline or post.title or post.text, 200),
        outcome=lines[0] if lines else "",
        steps=tuple(lines[1:]),
        post=post.id,
    )


def _which_post(posts: Sequence[Relayed]) -> str:
    if not posts:
        return "No post is known by that: give its number, its key, its link, or words of its headline."
    return "Several posts fit; which one? " + "; ".join(
        f"{one.id}: {short(one.title or one.text, 60)}" for one in posts
    )


def _which_chat(chats: Sequence[Chat]) -> str:
    if not chats:
        return "No chat is known by that: give our number, Telegram's id, or the @name of a channel."
    return "Several chats fit; which one? " + ", ".join(str(one.id) for one in chats)
