"""What a call brings: from the address, a form, a multipart body or JSON, told apart as the Bot API server does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from aiohttp import BodyPartReader, web

from bot.demo.telegram.values import Refusal, bad_request


class Upload(NamedTuple):
    name: str
    mime: str
    content: bytes


class Arguments:
    """Parameters by name. A JSON body may bring them as they are; forms bring everything as text."""

    __slots__ = ("files", "values")

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Upload] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def given(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        if isinstance(value, str):
            return value
        return "" if value is None else orjson.dumps(value).decode()

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise bad_request(f'parameter "{name}" is required')
        return value

    def whole(self, name: str, default: int = 0) -> int:
        """As lenient as the server: the digits in front count, anything else is 0."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, int):
            return int(value)
        match = re.match(r"\s*(-?\d+)", str(value))
        return int(match[1]) if match else 0

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        return value is True or (value is not None and str(value).lower() in {"true", "yes", "1"})

    def structure(self, name: str, unreadable: str) -> Any:
        """The JSON of the parameter, or None where it is not given; `unreadable` is the refusal of broken JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise bad_request(unreadable) from error

    def entities(self, name: str) -> Any:
        """Broken JSON in entities is as good as none, as on the server."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value) if value else None
        except orjson.JSONDecodeError:
            return None


async def read_arguments(request: web.Request) -> Arguments:
    """Raises the Bot API's refusal where the body cannot be read."""
    try:
        return await _read(request)
    except web.HTTPRequestEntityTooLarge as error:
        raise Refusal(413, "Request Entity Too Large") from error


async def _read(request: web.Request) -> Arguments:
    query = dict(request.query) if request.query_string else {}
    if not request.body_exists:
        return Arguments(query)
    kind = request.content_type
    if kind == "application/json":
        return Arguments(query | _json(await request.read()))
    if kind.startswith("multipart/"):
        values, files = await _multipart(request)
        return Arguments(query | values, files)
    if kind == "application/x-www-form-urlencoded":
        return Arguments(query | {name: str(value) for name, value in (await request.post()).items()})
    return Arguments(query)


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"can't parse JSON object: {error}") from error
    if not isinstance(values, dict):
        raise bad_request("JSON object expected")
    return values


async def _multipart(request: web.Request) -> tuple[dict[str, str], dict[str, Upload]]:
    values: dict[str, str] = {}
    files: dict[str, Upload] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise bad_request("field name in multipart/form-data not found")
            content = bytes(await part.read(decode=True))
            if part.filename is None:
                values[part.name] = content.decode()
            else:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                files[part.name] = Upload(part.filename, mime, content)
    except ValueError as error:
        raise bad_request("can't parse form data headers") from error
    return values, files
