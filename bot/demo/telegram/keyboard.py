"""reply_markup, checked as the Bot API server checks it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.links import button_link
from bot.demo.telegram.values import Json, Refusal, bad_request

Rows = tuple[tuple[Json, ...], ...]
DATA_LIMIT = 64  # bytes: https://core.telegram.org/bots/api#inlinekeyboardbutton
BUTTON_LIMIT = 100  # Telegram's own, unpublished: REPLY_MARKUP_TOO_LONG beyond
ACTIONS = (
    "url", "callback_data", "callback_game", "pay", "switch_inline_query", "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat", "login_url", "web_app", "copy_text",
)  # fmt: skip


def read_markup(arguments: Arguments) -> tuple[Rows, Json | None]:
    """The rows of an inline keyboard, and any other markup as it was sent."""
    markup = arguments.structure("reply_markup", "can't parse reply keyboard markup JSON object")
    if markup is None:
        return (), None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    return _read(orjson.dumps(markup))


@lru_cache(maxsize=512)
def _read(markup: bytes) -> tuple[Rows, Json | None]:
    keys = orjson.loads(markup)
    if keys.get("keyboard"):
        return (), _reply_keyboard(keys)
    if keys.get("inline_keyboard"):
        return _rows(keys["inline_keyboard"]), None
    other = any(keys.get(name) for name in ("remove_keyboard", "hide_keyboard", "force_reply", "force_reply_keyboard"))
    return (), keys if other else None


def _reply_keyboard(markup: Json) -> Json:
    if not isinstance(markup["keyboard"], list) or not all(isinstance(row, list) for row in markup["keyboard"]):
        raise bad_request('field "keyboard" must be an Array of Arrays')
    for row in markup["keyboard"]:
        for button in row:
            if not isinstance(button, str) and not (isinstance(button, dict) and button.get("text")):
                raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    return markup


def _rows(rows: Any) -> Rows:
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    read = tuple(tuple(_button(button) for button in row) for row in rows if row)
    if sum(map(len, read)) > BUTTON_LIMIT:
        raise bad_request("reply markup is too long")
    return read


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    text = button.get("text")
    if text is None:
        raise _unreadable('Can\'t find field "text"')
    if not isinstance(text, str):
        raise _unreadable('Field "text" must be of type String')
    given = [action for action in ACTIONS if button.get(action) not in (None, "") or _may_be_empty(button, action)]
    if not given:
        raise _unreadable("Text buttons are unallowed in the inline keyboard")
    if len(given) > 1:  # the server takes the first and drops the rest, which is never what was meant
        raise _unreadable(f"exactly one action must be specified, not {', '.join(given)}")
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    return {"text": text, given[0]: _action(given[0], button[given[0]])}


def _may_be_empty(button: Json, action: str) -> bool:
    return action.startswith("switch_inline_query") and action in button and button[action] is not None


def _action(action: str, value: Any) -> Any:
    if action == "callback_data":
        if not isinstance(value, str):
            raise _unreadable('Field "callback_data" must be of type String')
        if len(value.encode()) > DATA_LIMIT:
            raise bad_request("BUTTON_DATA_INVALID")
    if action == "url":
        if not isinstance(value, str):
            raise _unreadable('Field "url" must be of type String')
        return button_link(value, "inline keyboard button")
    if action == "web_app" and not str((value or {}).get("url", "")).startswith("https://"):
        raise bad_request("inline keyboard button Web App URL is invalid: Only HTTPS links are allowed")
    return value


def _unreadable(why: str) -> Refusal:
    return bad_request(f"can't parse inline keyboard button: {why}")
