"""Ports that are a test's own before somebody listens there."""

from __future__ import annotations

import socket

_kept: list[socket.socket] = []


def free_port() -> int:
    """A port on 127.0.0.1 that nobody else is given, until this process ends: who names it may listen there, now or
    later and again, and till then it refuses.

    A socket that is bound and does not listen keeps it: whoever asks the system for any port, to listen or to connect,
    gets another one. Linux lets a second socket have it that asks for it by number, where both said SO_REUSEADDR
    (socket(7)), as every server does that asyncio opens.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _kept.append(kept)
    return int(kept.getsockname()[1])
