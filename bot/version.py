"""Which release this is: said in one place, `pyproject.toml`, and read from what was installed."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("liveblog-relay")
