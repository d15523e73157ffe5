"""Styles, scripts and the icon: read and compressed once, under an address that changes with what they say."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import structlog
from aiohttp import hdrs, web

log = structlog.get_logger()

HERE = Path(__file__).parents[1]
FOLDERS = (HERE / "static", HERE / "vendor")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"
WORTH = 400  # bytes; less is not compressed


class Files:
    """All of them under one hash, so that a script finds its neighbours under the same one."""

    def __init__(self) -> None:
        self._plain = {
            path.name: path.read_bytes()
            for folder in FOLDERS
            if folder.is_dir()
            for path in sorted(folder.iterdir())
            if path.suffix in TYPES
        }
        if "htmx.min.js" not in self._plain:
            log.error("dashboard without its libraries", try_="make setup")
        self._small = {name: gzip.compress(code, 9, mtime=0) for name, code in self._plain.items()}
        both = hashlib.sha256(b"".join(name.encode() + code for name, code in self._plain.items()))
        self.version = both.hexdigest()[:12]

    def path(self, name: str) -> str:
        """Relative to the first page."""
        return f"static/{self.version}/{name}"

    async def answer(self, request: web.Request) -> web.Response:
        """An older version's address gets the newest: it is asked for by a page that was loaded before."""
        name = request.match_info["name"]
        if name not in self._plain:
            return web.Response(status=404, text="Not Found")
        current = request.match_info["version"] == self.version
        headers = {
            hdrs.CACHE_CONTROL: FOREVER if current else "no-cache",
            hdrs.CONTENT_TYPE: f"{TYPES[Path(name).suffix]}; charset=utf-8",
            hdrs.VARY: "Accept-Encoding",
        }
        body = self._plain[name]
        if len(body) > WORTH and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            body = self._small[name]
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=body, headers=headers)
