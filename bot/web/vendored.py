"""The browser's libraries: other people's scripts, copied into tree and wheel when they are built, in no commit.

They come from Python packages that carry them, so that nobody needs npm; each must be, byte for byte, what its own
project released. Hatchling runs this, for `make setup` (an editable install) as for a wheel.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path(__file__).with_name("vendor")


class Script(NamedTuple):
    """`file` within the installed `package`, and the SHA-256 of what the project itself released."""

    package: str
    file: str
    sha256: str


SCRIPTS = {
    # htmx 2.0.10 and its extension for server-sent events 2.2.4, 0BSD
    "htmx.min.js": Script(
        "django-htmx",
        "django_htmx/static/django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    "sse.min.js": Script(
        "django-htmx",
        "django_htmx/static/django_htmx/ext/hx-sse-2.min.js",
        "98a46496de0c3605fbffdce9167ba427bdd9553184f83f149c261891a92c0136",
    ),
    # uPlot 1.6.31, MIT
    "uplot.min.js": Script(
        "youplot",
        "youplot/vendor/uplot.iife.min.js",
        "2d27e8ad3d228164525ce213f9dc716f39b4e3aee0cc773fb3491c96cf4921a2",
    ),
    "uplot.min.css": Script(
        "youplot",
        "youplot/vendor/uplot.min.css",
        "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    ),
}


class Vendored(BuildHookInterface[Any]):
    """Puts the scripts into `bot/web/vendor/` before anything is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling. ValueError where a script is not the one that is meant."""
        VENDOR.mkdir(exist_ok=True)
        for name, script in SCRIPTS.items():
            path, code = VENDOR / name, _found(script)
            if not path.is_file() or path.read_bytes() != code:  # whoever reads it at this moment reads all of it
                path.write_bytes(code)


def _found(script: Script) -> bytes:
    path = Path(str(distribution(script.package).locate_file(script.file)))
    code = path.read_bytes()
    if hashlib.sha256(code).hexdigest() != script.sha256:
        raise ValueError(f"{script.package}: {script.file} is not the file that was released")
    return code
