"""`@bot words` in any chat: posts to share. Everybody may; what is withdrawn or held back is never offered.

What is shared is a message of the person who shares it: it says what the post said then, and follows no edits. So it
carries the link to the post, and nothing of it is kept here.
"""

from __future__ import annotations

from dataclasses import replace

import structlog
from telegram import InlineQuery, InlineQueryResultArticle, InlineQueryResultsButton, InputTextMessageContent, User
from telegram.error import TelegramError

from bot.core.deep_links import OPEN
from bot.core.model import Relayed, Style
from bot.core.paging import Page, Sought, Turn
from bot.core.render import headline, message, photo_of
from bot.core.snippets import snippet, words_of
from bot.core.summary import summary
from bot.core.texts import Texts
from bot.core.writing import line, safe_url
from handlers.asked import language_of
from handlers.blogs import Blogs, Known
from handlers.house import House
from handlers.lists import everything
from handlers.replies import NO_PREVIEW, entities

log = structlog.get_logger()

OFFERED = 20  # posts at a time; Telegram takes fifty: core.telegram.org/bots/api#answerinlinequery
CACHED = 0
"""Seconds that Telegram may give the same answer to the same words. None at all: a post that is withdrawn is offered
no more from that moment on, and the sentences are in the language of who asks."""

_TITLE, _DESCRIPTION = 120, 160


class Inline:
    def __init__(self, house: House, blogs: Blogs) -> None:
        self._house, self._blogs = house, blogs

    async def answer(self, query: InlineQuery) -> None:
        t = await self._texts(query.from_user)
        page = await self._page(query)
        more = page.posts[-1].id if page.older and page.posts else None
        try:
            await query.answer(
                [self._result(post, query.query, t) for post in page.posts],
                cache_time=CACHED,
                is_personal=False,
                next_offset=str(Turn(older=True, post=more)) if more is not None else "",
                button=None if page.posts or query.offset else _way_to_the_bot(query, t),
            )
        except TelegramError as error:  # typed on meanwhile: Telegram takes no late answers
            log.info("inline query not answered", why=str(error))

    async def _texts(self, person: User) -> Texts:
        """In the language that they chose in their own chat."""
        return Texts.of(language_of(await self._house.store.chat(self._house.bot, person.id), person))

    async def _page(self, query: InlineQuery) -> Page:
        """The newest posts with these words, or the newest of all; nothing where there is no such page any more."""
        turn = Turn.read(query.offset)
        blogs = await self._blogs.all()
        if (query.offset and turn is None) or (query.query.strip() and not words_of(query.query)):
            return Page(posts=())
        named, rest = _named(blogs, query.query)
        page = await self._listed(named, rest, turn)
        return page if page.posts or named == blogs else await self._listed(blogs, query.query, turn)

    async def _listed(self, blogs: list[Known], words: str, turn: Turn | None) -> Page:
        sought = Sought(blogs=everything(blogs), words=" ".join(words_of(words)))
        page = await self._house.store.listed(sought, now=self._house.clock(), limit=OFFERED, turn=turn)
        return page or Page(posts=())

    def _result(self, post: Relayed, words: str, t: Texts) -> InlineQueryResultArticle:
        style = self._blogs.style_of(post)
        plain = message(replace(post, photo=None, pictures=()), style, t)
        return InlineQueryResultArticle(
            id=f"{post.id}.{post.revision}",
            title=headline(post, style, _TITLE) or t.gettext("(no text)"),
            description=_description(post, words, style),
            thumbnail_url=safe_url(photo_of(post)),
            input_message_content=InputTextMessageContent(
                plain.text, entities=entities(plain), link_preview_options=NO_PREVIEW
            ),
        )


def _named(blogs: list[Known], words: str) -> tuple[list[Known], str]:
    """A first word that is a blog's id means that blog, as in /search."""
    first, _, rest = words.strip().partition(" ")
    named = [one for one in blogs if one.id == first.casefold()] if len(blogs) > 1 else []
    return (named, rest) if named else (blogs, words)


def _description(post: Relayed, words: str, style: Style) -> str:
    """Where the words stand, else the beginning of the summary."""
    found = snippet(post.text, words_of(words)) if words else None
    return found.text if found else line(summary(post, _DESCRIPTION, style.language))


def _way_to_the_bot(query: InlineQuery, t: Texts) -> InlineQueryResultsButton:
    words = t.gettext("Nothing found: see the live blogs") if query.query.strip() else t.gettext("See the live blogs")
    return InlineQueryResultsButton(words, start_parameter=OPEN)
