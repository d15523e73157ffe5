"""A WebSub hub that is not ours: Flask-WebSub behind a real server on loopback, with threads for its queue."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import flask
import requests
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import BaseWSGIServer, make_server


class Retry(Exception):
    """The queue is to run this once more."""


class Queue:
    """As much of Celery as the hub needs: `task`, `delay`, `retry`; each run in a thread."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="hub")

    def task(self, *, bind: bool = False, max_retries: int = 0) -> Callable[[Callable[..., Any]], Task]:
        return lambda work: Task(self, work, bind=bind, most=max_retries)


class Task:
    def __init__(self, queue: Queue, work: Callable[..., Any], *, bind: bool, most: int) -> None:
        self._queue, self._work, self._bind, self._most = queue, work, bind, most
        self.request = threading.local()

    def delay(self, *given: Any) -> None:
        self._queue.threads.submit(self._run, given)

    def retry(self, *, countdown: float) -> None:
        time.sleep(countdown)
        raise Retry

    def _run(self, given: tuple[Any, ...]) -> None:
        for retries in range(self._most + 1):
            self.request.retries = retries
            try:
                return self._work(*((self, *given) if self._bind else given))
            except Retry:
                continue
        return None


class Book(SQLite3HubStorage):
    """The hub's own storage, which says aloud when something was written."""

    def __init__(self, path: Path, said: Callable[[str], None]) -> None:
        super().__init__(str(path))
        self._said = said

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._said("subscribed")

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._said("unsubscribed")


@dataclass
class HubServer:
    """`heard` counts what it was asked for; `happened` what came of it. `denies`: what it answers everybody."""

    folder: Path
    longest: int = 31 * 86_400  # seconds it grants
    denies: str | None = None
    ill: int | None = None  # answers with this status instead of listening
    heard: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    url: str = ""

    async def __aenter__(self) -> Self:
        self._loop, self._changed = asyncio.get_running_loop(), asyncio.Condition()
        self._queue = Queue()
        self.book = Book(self.folder / "hub.db", self._say)
        hub = Hub(self.book, self._queue, BACKOFF_BASE=0.05, MAX_ATTEMPTS=3, SIGNATURE_ALGORITHM="sha512")
        hub.register_validator(lambda *_: self.denies)
        app = flask.Flask(__name__)
        app.config.update(
            PUBLISH_SUPPORTED=True,
            HUB_MIN_LEASE_SECONDS=1,
            HUB_DEFAULT_LEASE_SECONDS=1,
            HUB_MAX_LEASE_SECONDS=self.longest,
        )
        app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
        app.before_request(self._listen)
        self._server: BaseWSGIServer | None = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hub"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()
        await asyncio.to_thread(self._queue.threads.shutdown)

    async def die(self) -> None:
        """Nobody answers there any more."""
        if self._server is not None:
            await asyncio.to_thread(self._server.shutdown)
            self._server.server_close()
            self._thread.join()
            self._server = None

    def _listen(self) -> Any:
        self._say(flask.request.form.get("hub.mode", ""), self.heard)
        return ("ill", self.ill) if self.ill is not None else None

    def _say(self, what: str, where: Counter[str] | None = None) -> None:
        (self.happened if where is None else where)[what] += 1
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._tell()))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(is_so)

    def callbacks(self, topic: str) -> list[str]:
        return [callback for callback, _ in self.book.get_callbacks(topic)]

    async def publish(self, topic: str) -> None:
        """The publisher says that its page has changed: the hub fetches it and tells whoever subscribed."""
        form = {"hub.mode": "publish", "hub.topic": topic}
        answer = await asyncio.to_thread(requests.post, self.url, data=form, timeout=10)
        assert answer.status_code == 202
