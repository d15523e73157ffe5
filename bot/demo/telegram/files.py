"""Pictures and other files: by address, by file_id, or uploaded. Nothing is ever fetched."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from itertools import count

from bot.demo.telegram.arguments import Arguments, Upload
from bot.demo.telegram.images import image_size
from bot.demo.telegram.links import web_address
from bot.demo.telegram.values import Media, bad_request

SUFFIX = {
    "photo": "jpg",
    "video": "mp4",
    "animation": "mp4",
    "audio": "mp3",
    "voice": "ogg",
    "document": "bin",
    "video_note": "mp4",
}
ATTACHED = "attach://"
CODES = {  # and what the Bot API server says instead, after its `fail_query_with_error`
    "failed to get HTTP URL content": "WEBPAGE_CURL_FAILED",
    "wrong type of the web page content": "WEBPAGE_MEDIA_EMPTY",
    "wrong HTTP URL specified": "WC_CONVERT_URL_INVALID",
}
PHOTO_BYTES = 10 << 20  # this and the next two: https://core.telegram.org/bots/api#sendphoto
PHOTO_SIDES = 10_000  # width and height together
PHOTO_RATIO = 20
SMALL = 320  # the width of a photo's smaller size
ASSUMED = (1280, 720)  # of pictures nobody looked at


@dataclass(frozen=True, slots=True)
class Stored:
    media: Media
    bot_id: int  # a file_id is good for one bot only
    path: str
    content: bytes | None  # None for a file known by its address
    address: str | None = None


class Files:
    """All files Telegram holds. Tests say with `refuse` which addresses it fails to get."""

    def __init__(self) -> None:
        self.by_id: dict[str, Stored] = {}
        self.by_path: dict[str, Stored] = {}
        self.base = ""  # of addresses under which kept files are served
        self._addressed: dict[tuple[int, str, str], Media] = {}
        self._bad: dict[str, str] = {}
        self._numbers = count(1)

    def refuse(self, address: str, why: str = "failed to get HTTP URL content") -> None:
        """From now on Telegram cannot use this address: `why` is its refusal after "Bad Request: "."""
        self._bad[address] = why

    def code_of(self, address: object) -> str | None:
        """The servers' own word for why they cannot use it, which the Bot API server hands on where it is one of many;
        None where they can, or are not even asked."""
        why = self._bad.get(address) if isinstance(address, str) else None
        return None if why is None or why.startswith("wrong file identifier") else CODES.get(why, why)

    def accept(self, address: str) -> None:
        self._bad.pop(address, None)

    def of(self, bot_id: int, kind: str, source: str, arguments: Arguments, field: str = "") -> Media | None:
        """The file that a parameter names, or None where there is none."""
        if source and not source.startswith(ATTACHED):
            return self.named(bot_id, kind, source)
        upload = arguments.files.get(source.removeprefix(ATTACHED) if source else field)
        if upload is None:
            return None
        if kind == "photo":
            _check_photo(upload.content)
        return self.keep(bot_id, kind, upload)

    def named(self, bot_id: int, kind: str, source: str) -> Media:
        """By address or file_id. The first refusal is the Bot API server's own, the others are Telegram's."""
        if "." in source:
            return self._by_address(bot_id, kind, source)
        stored = self.by_id.get(source)
        if stored is None and not _looks_like_file_id(source):
            raise bad_request("wrong remote file identifier specified: Wrong character in the string")
        if stored is None or stored.bot_id != bot_id:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.media.kind != kind:
            raise bad_request(f"can't use file of type {stored.media.kind.title()} as {kind.title()}")
        return stored.media

    def keep(self, bot_id: int, kind: str, upload: Upload) -> Media:
        """What somebody uploaded, served from now on."""
        if not upload.content:
            raise bad_request("file must be non-empty")
        return self._add(bot_id, kind, upload, None)

    def _by_address(self, bot_id: int, kind: str, address: str) -> Media:
        if address in self._bad:
            raise bad_request(self._bad[address])
        media = self._addressed.get((bot_id, kind, address))
        if media is None:
            _check_address(address)
            media = self._addressed[bot_id, kind, address] = self._add(bot_id, kind, None, address)
        return media

    def _add(self, bot_id: int, kind: str, upload: Upload | None, address: str | None) -> Media:
        content = upload.content if upload else None
        number = next(self._numbers)
        path = f"{kind}s/file_{number}.{SUFFIX[kind]}"
        width, height = image_size(content or b"") or ASSUMED
        media = Media(
            kind=kind,
            file_id=_identifier(f"{bot_id} {number}".encode(), 51),
            unique_id=_identifier(content or (address or "").encode(), 12),
            url=address or f"{self.base}/file/kept/{path}",
            name=upload.name if upload else None,
            mime=upload.mime if upload else None,
            size=len(content or b"") or 50_000,
            width=width,
            height=height,
        )
        self._store(Stored(media, bot_id, path, content, address))
        return media

    def _store(self, stored: Stored) -> None:
        self.by_id[stored.media.file_id] = self.by_path[stored.path] = stored
        if stored.media.kind == "photo":
            small = smaller(stored.media)
            self.by_id[small.file_id] = replace(stored, media=small)


def smaller(photo: Media) -> Media:
    """The photo's other size, which has an id of its own."""
    return replace(
        photo,
        file_id=photo.file_id[:-1] + "-",
        unique_id=photo.unique_id[:-1] + "-",
        size=max(1, photo.size // 10),
        width=min(SMALL, photo.width),
        height=max(1, photo.height * min(SMALL, photo.width) // photo.width),
    )


def _identifier(source: bytes, size: int) -> str:
    digest = hashlib.sha512(source).digest()
    return base64.urlsafe_b64encode(digest).decode().replace("-", "_")[:size]


def _looks_like_file_id(source: str) -> bool:
    return len(source) > 16 and all(character.isalnum() or character in "-_" for character in source)


def _check_photo(content: bytes) -> None:
    if len(content) > PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(content)} bytes is too big for a photo; the maximum size is 10485760 bytes"
        )
    size = image_size(content)
    if not content:
        raise bad_request("file must be non-empty")
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if min(size) < 1 or sum(size) > PHOTO_SIDES or max(size) > PHOTO_RATIO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _check_address(source: str) -> None:
    try:
        _, host, _ = web_address(source)
    except ValueError as error:
        raise bad_request(f"invalid file HTTP URL specified: {error}") from error
    if "." not in host and not host.startswith("["):
        raise bad_request("wrong file identifier/HTTP URL specified")
