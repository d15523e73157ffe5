"""Pictures and other files: by address, by file_id, or uploaded. Nothing is ever fetched."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from itertools import count

from bot.demo.telegram.arguments import Arguments, Upload
from bot.demo.telegram.links import web_address
from bot.demo.telegram.values import Media, bad_request

SUFFIX = {"photo": "jpg", "video": "mp4", "animation": "mp4", "document": "bin"}
FOLDER = {"photo": "photos", "video": "videos", "animation": "animations", "document": "documents"}
ATTACHED = "attach://"


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
        self._by_source: dict[tuple[int, str, str], Media] = {}
        self._bad: dict[str, str] = {}
        self._numbers = count(1)

    def refuse(self, address: str, why: str = "failed to get HTTP URL content") -> None:
        """From now on Telegram cannot use this address: `why` is its refusal after "Bad Request: "."""
        self._bad[address] = why

    def accept(self, address: str) -> None:
        self._bad.pop(address, None)

    def of(self, bot_id: int, kind: str, source: str, arguments: Arguments, field: str = "") -> Media | None:
        """The file that a parameter names, or None where there is none."""
        if source.startswith(ATTACHED):
            upload = arguments.files.get(source.removeprefix(ATTACHED))
            return self.keep(bot_id, kind, upload) if upload else None
        if source:
            return self.named(bot_id, kind, source)
        upload = arguments.files.get(field)
        return self.keep(bot_id, kind, upload) if upload else None

    def named(self, bot_id: int, kind: str, source: str) -> Media:
        """By address or file_id. The first refusal is the Bot API server's own, the others are Telegram's."""
        if "." in source:
            return self._addressed(bot_id, kind, source)
        stored = self.by_id.get(source)
        if stored is None and not _looks_like_file_id(source):
            raise bad_request("wrong remote file identifier specified: Wrong character in the string")
        if stored is None or stored.bot_id != bot_id:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.media.kind != kind and {stored.media.kind, kind} != {"photo", "thumbnail"}:
            raise bad_request(f"can't use file of type {stored.media.kind.title()} as {kind.title()}")
        return stored.media

    def _addressed(self, bot_id: int, kind: str, source: str) -> Media:
        media = self._by_source.get((bot_id, kind, source))
        if media is None or self._bad:
            if source in self._bad:
                raise bad_request(self._bad[source])
            _check_address(source)
        if media is None:
            media = self._add(bot_id, kind, None, source, name=None, mime=None)
            self._by_source[bot_id, kind, source] = media
        return media

    def keep(self, bot_id: int, kind: str, upload: Upload) -> Media:
        if not upload.content:
            raise bad_request("file must be non-empty")
        return self._add(bot_id, kind, upload.content, None, name=upload.name, mime=upload.mime)

    def _add(
        self, bot_id: int, kind: str, content: bytes | None, address: str | None, *, name: str | None, mime: str | None
    ) -> Media:
        number = next(self._numbers)
        path = f"{FOLDER[kind]}/file_{number}.{SUFFIX[kind]}"
        digest = hashlib.sha256(f"{bot_id} {number}".encode()).digest()
        media = Media(
            kind=kind,
            file_id=base64.urlsafe_b64encode(b"\x02\x01" + digest + digest[:18]).decode().rstrip("="),
            unique_id=base64.urlsafe_b64encode(
                hashlib.sha256(content or (address or "").encode()).digest()[:9]
            ).decode(),
            url=address or f"{self.base}/file/kept/{path}",
            name=name,
            mime=mime,
            size=len(content or b"") or 50_000,
        )
        self.by_id[media.file_id] = self.by_path[path] = Stored(media, bot_id, path, content, address)
        return media


def _looks_like_file_id(source: str) -> bool:
    return len(source) > 16 and all(character.isalnum() or character in "-_" for character in source)


def _check_address(source: str) -> None:
    try:
        _, host, _ = web_address(source)
    except ValueError as error:
        raise bad_request(f"invalid file HTTP URL specified: {error}") from error
    if "." not in host and not host.startswith("["):
        raise bad_request("wrong file identifier/HTTP URL specified")
