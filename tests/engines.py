"""The engines that every rule of the store is tested on, and what is so on one of them alone: a file, its locks."""

from __future__ import annotations

import pytest

from storage import Store, open_store

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def opened(url: str) -> Store:
    """The store at this address."""
    return open_store(url)
