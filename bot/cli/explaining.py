"""`why`: what became of one post in one chat, from the store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, bot_option, config_option, dumped, finish, json_option, opened_store

_DIGITS = 18  # of a number that the database has room for

if TYPE_CHECKING:
    from bot.core.model import Relayed
    from storage import Chat, Store


# The numbers of groups begin with a minus, as options do.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("post")
@click.argument("chat")
@config_option
@bot_option
@json_option
def why(post: str, chat: str, config: Path | None, bot: str, as_json: bool) -> None:
    """Why POST (a number, link, publisher's key, words of its headline) is in CHAT (Telegram's number), or not."""
    from bot.core.explanation import explanation_json, explanation_lines
    from bot.why import why as explain

    async def work() -> None:
        async with opened_store(config, bot) as (settings, store):
            here = await _chat(store, chat)
            meant = await _post(store, post)
            found = await explain(store, settings, meant, here.id, time.time())
            click.echo(dumped(explanation_json(found)) if as_json else "\n".join(explanation_lines(found)))

    finish(work())


async def _chat(store: Store, words: str) -> Chat:
    found = await store.find_chats(words)
    if not found:
        raise Failed(f"{words}: no chat of this number or title is known")
    if len(found) > 1:
        numbers = ", ".join(str(one.telegram_id) for one in found)
        raise Failed(f"{words}: several chats are called so ({numbers}); give the number")
    return found[0]


async def _post(store: Store, words: str) -> int:
    found = await store.find_posts(words)
    if len(found) > 1:
        numbers = "; ".join(f"{one.id}: {_beginning(one)}" for one in found)
        raise Failed(f"{words}: several posts are meant by that; give a number: {numbers}")
    if found:
        return found[0].id
    if words.isascii() and words.isdecimal() and len(words) < _DIGITS and await store.was_post(int(words)):
        return int(words)
    raise Failed(f"{words}: no post of this number, link, key or headline is known")


def _beginning(post: Relayed) -> str:
    from bot.core.writing import cut, line

    return cut(line(post.title or post.text), (), 60)[0]
