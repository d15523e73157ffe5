"""Perform one action in one chat. Its outcome is a value, never an exception.

Method and parameter names are the Bot API's (https://core.telegram.org/bots/api).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import aiohttp
import orjson

from bot.core.answers import PATIENCE_WITHOUT_A_WORD, checksum, outcome_of
from bot.core.model import Done, Entity, Outcome, Rendered, TryLater, Unknown
from bot.core.plan import Action, Delete, Edit, OnScreen, Send
from bot.request import AiohttpRequest, AnswerLost, NotSent


@dataclass(frozen=True, slots=True)
class Body:
    """A request without its chat: JSON that begins behind the chat's id, or a form where a file goes along."""

    method: str
    rest: bytes
    kind: str = "text"  # what stands in the chat then
    photo: str | None = None
    form: bool = False


class Telegram:
    """One bot's way out. `paid` sets the flag that raises its allowance beyond 30 messages a second, for money."""

    def __init__(self, request: AiohttpRequest, *, api_base: str, token: str, paid: bool = False) -> None:
        self._request = request
        self._address = f"{api_base.rstrip('/')}/bot{token}/"
        self.paid = paid
        self._files: dict[str, str] = {}  # picture address -> Telegram's own file id

    # --- what to say: the same for every chat

    def body(self, action: Action, rendered: Rendered, *, thread: int = 0, silent: bool = False) -> Body:
        """What asks for this action in any chat, as far as is known of its picture now: see `file_of`."""
        match action:
            case Send():
                return self._send(rendered, _place(thread, silent=silent, paid=self.paid))
            case Edit(message=message):
                return self._edit(message, rendered)
            case Delete():
                return _json("deleteMessage", {})

    def file_of(self, rendered: Rendered) -> str | None:
        """Upload once, then reuse: Telegram fetches an address anew for every message, its own file ids never."""
        return self._files.get(rendered.photo or BLANK)

    def _send(self, rendered: Rendered, place: dict[str, Any]) -> Body:
        if rendered.copied is not None:
            from_chat, message = rendered.copied
            return _json("copyMessage", place | {"from_chat_id": from_chat, "message_id": message}, "copy")
        if rendered.photo is not None:
            fields = place | {"photo": self._file(rendered.photo)} | _caption(rendered) | _buttons(rendered)
            return _json("sendPhoto", fields, "photo", rendered.photo)
        return _json("sendMessage", place | _text(rendered) | _buttons(rendered))

    def _edit(self, message: OnScreen, rendered: Rendered) -> Body:
        """A text stays a text, a photo a photo: a message keeps its place in the chat and its notifications."""
        if message.kind != "photo":
            return _json("editMessageText", _text(rendered) | _buttons(rendered))
        if rendered.photo is None:
            return self._replace_picture(rendered)
        if message.picture == checksum(rendered.photo):
            return _json("editMessageCaption", _caption(rendered) | _buttons(rendered), "photo", rendered.photo)
        media = {"type": "photo", "media": self._file(rendered.photo)} | _caption(rendered)
        return _json("editMessageMedia", {"media": media}, "photo", rendered.photo)

    def _replace_picture(self, rendered: Rendered) -> Body:
        """A withdrawn picture must not stay, and a photo cannot become a text: a blank one takes its place."""
        known = self._files.get(BLANK)
        media = {"type": "photo", "media": known or f"attach://{BLANK}"} | _caption(rendered)
        if known:
            return _json("editMessageMedia", {"media": media}, "photo", BLANK)
        return Body("editMessageMedia", orjson.dumps(media), "photo", BLANK, form=True)

    def _file(self, photo: str) -> str:
        return self._files.get(photo, photo)

    # --- saying it

    async def perform(self, body: Body, *, chat: int, message: int | None = None) -> Outcome:
        """Do it in this chat (Telegram's id), once; `message` is the number of the one to change."""
        try:
            status, answer = await self._post(body, chat, message)
        except NotSent as error:
            return TryLater(why=str(error), after=PATIENCE_WITHOUT_A_WORD)
        except AnswerLost as error:
            return Unknown(why=str(error))
        outcome = outcome_of(status, answer, body.kind, body.photo)
        if body.photo is not None and isinstance(outcome, Done):
            self._keep_file(body.photo, answer)
        return outcome

    async def _post(self, body: Body, chat: int, message: int | None) -> tuple[int, bytes]:
        url = self._address + body.method
        if body.form:
            return await self._request.post_form(url, _form(body, chat, message))
        place = b'{"chat_id":%d' % chat if message is None else b'{"chat_id":%d,"message_id":%d' % (chat, message)
        return await self._request.post_json(url, place + body.rest)

    def _keep_file(self, photo: str, answer: bytes) -> None:
        result = orjson.loads(answer).get("result")
        if photo not in self._files and isinstance(result, dict) and result.get("photo"):
            self._files[photo] = result["photo"][-1]["file_id"]
            if len(self._files) > 1000:
                self._files.pop(next(iter(self._files)))


BLANK = "blank"


def _json(method: str, fields: dict[str, Any], kind: str = "text", photo: str | None = None) -> Body:
    return Body(method, b"," + orjson.dumps(fields)[1:] if fields else b"}", kind, photo)


def _form(body: Body, chat: int, message: int | None) -> aiohttp.FormData:
    form = aiohttp.FormData({"chat_id": str(chat), "message_id": str(message)})
    form.add_field("media", body.rest.decode())
    picture = files("bot").joinpath("blank.png").read_bytes()
    form.add_field(BLANK, picture, filename="blank.png", content_type="image/png")
    return form


def _place(thread: int, *, silent: bool, paid: bool) -> dict[str, Any]:
    said = {"message_thread_id": thread, "disable_notification": silent, "allow_paid_broadcast": paid}
    return {name: value for name, value in said.items() if value}


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
