"""Perform one action in one chat. Its outcome is a value, never an exception.

Method and parameter names are the Bot API's (https://core.telegram.org/bots/api).
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import aiohttp
import orjson

from bot.core.answers import PATIENCE_WITHOUT_A_WORD, checksum, outcome_of
from bot.core.model import Done, Entity, Outcome, Rendered, TryLater, Unknown
from bot.core.plan import Action, Delete, Edit, OnScreen, Send
from bot.request import AiohttpRequest, AnswerLost, NotSent


class Telegram:
    """One bot's way out. `paid` sets the flag that raises its allowance beyond 30 messages a second, for money."""

    def __init__(self, request: AiohttpRequest, *, api_base: str, token: str, paid: bool = False) -> None:
        self._request = request
        self._address = f"{api_base.rstrip('/')}/bot{token}/"
        self.paid = paid
        self._files: dict[str, str] = {}  # picture address -> Telegram's own file id

    async def perform(
        self, action: Action, rendered: Rendered, *, chat: int, thread: int = 0, silent: bool = False
    ) -> Outcome:
        """Do it, once. `chat` is Telegram's id."""
        place: dict[str, Any] = {"chat_id": chat}
        match action:
            case Send():
                place |= {"message_thread_id": thread} if thread else {}
                return await self._send(place | ({"disable_notification": True} if silent else {}), rendered)
            case Edit(message=message):
                return await self._edit(place | {"message_id": message.message_id}, message, rendered)
            case Delete(message=message):
                return await self._call("deleteMessage", place | {"message_id": message.message_id})

    async def _send(self, place: dict[str, Any], rendered: Rendered) -> Outcome:
        place |= {"allow_paid_broadcast": True} if self.paid else {}
        if rendered.copied is not None:
            from_chat, message = rendered.copied
            return await self._call("copyMessage", place | {"from_chat_id": from_chat, "message_id": message}, "copy")
        if rendered.photo is not None:
            body = place | {"photo": self._file(rendered.photo)} | _caption(rendered) | _buttons(rendered)
            return await self._call("sendPhoto", body, "photo", rendered.photo)
        return await self._call("sendMessage", place | _text(rendered) | _buttons(rendered))

    async def _edit(self, place: dict[str, Any], message: OnScreen, rendered: Rendered) -> Outcome:
        """A text stays a text, a photo a photo: a message keeps its place in the chat and its notifications."""
        if message.kind != "photo":
            return await self._call("editMessageText", place | _text(rendered) | _buttons(rendered))
        if rendered.photo is None:
            return await self._replace_picture(place, rendered)
        if message.picture == checksum(rendered.photo):
            body = place | _caption(rendered) | _buttons(rendered)
            return await self._call("editMessageCaption", body, "photo", rendered.photo)
        media = {"type": "photo", "media": self._file(rendered.photo)} | _caption(rendered)
        return await self._call("editMessageMedia", place | {"media": media}, "photo", rendered.photo)

    async def _replace_picture(self, place: dict[str, Any], rendered: Rendered) -> Outcome:
        """A withdrawn picture must not stay, and a photo cannot become a text: a blank one takes its place."""
        known = self._files.get(BLANK)
        media = {"type": "photo", "media": known or "attach://blank"} | _caption(rendered)
        if known:
            return await self._call("editMessageMedia", place | {"media": media}, "photo", BLANK)
        form = aiohttp.FormData({name: str(value) for name, value in place.items()})
        form.add_field("media", orjson.dumps(media).decode())
        picture = files("bot").joinpath("blank.png").read_bytes()
        form.add_field("blank", picture, filename="blank.png", content_type="image/png")
        return await self._ask("editMessageMedia", form, "photo", BLANK)

    def _file(self, photo: str) -> str:
        """Upload once, then reuse: Telegram fetches an address anew for every message."""
        return self._files.get(photo, photo)

    async def _call(self, method: str, body: dict[str, Any], kind: str = "text", photo: str | None = None) -> Outcome:
        return await self._ask(method, orjson.dumps(body), kind, photo)

    async def _ask(
        self, method: str, body: bytes | aiohttp.FormData, kind: str = "text", photo: str | None = None
    ) -> Outcome:
        post = self._request.post_json if isinstance(body, bytes) else self._request.post_form
        try:
            status, answer = await post(self._address + method, body)  # type: ignore[arg-type]
        except NotSent as error:
            return TryLater(why=str(error), after=PATIENCE_WITHOUT_A_WORD)
        except AnswerLost as error:
            return Unknown(why=str(error))
        outcome = outcome_of(status, answer, kind, photo)
        if isinstance(outcome, Done) and photo is not None:
            self._keep_file(photo, answer)
        return outcome

    def _keep_file(self, photo: str, answer: bytes) -> None:
        result = orjson.loads(answer).get("result")
        if isinstance(result, dict) and result.get("photo"):
            self._files[photo] = result["photo"][-1]["file_id"]
            if len(self._files) > 1000:
                self._files.pop(next(iter(self._files)))


BLANK = "blank"


def _text(rendered: Rendered) -> dict[str, Any]:
    """Formatting goes as entities, never as mark-up, so that nothing a page says can be taken for mark-up."""
    return {
        "text": rendered.text,
        "entities": [entity_dict(one) for one in rendered.entities],
        "link_preview_options": {"is_disabled": True},
    }


def _caption(rendered: Rendered) -> dict[str, Any]:
    return {"caption": rendered.text, "caption_entities": [entity_dict(one) for one in rendered.entities]}


def entity_dict(entity: Entity) -> dict[str, Any]:
    """An entity as the Bot API's MessageEntity."""
    return {name: value for name in Entity.__slots__ if (value := getattr(entity, name)) is not None}


def _buttons(rendered: Rendered) -> dict[str, Any]:
    if not rendered.buttons:
        return {}
    rows = [
        [{"text": one.text} | ({"url": one.url} if one.url else {"callback_data": one.data}) for one in row]
        for row in rendered.buttons
    ]
    return {"reply_markup": {"inline_keyboard": rows}}
