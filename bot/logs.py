"""One line per event worth knowing: coloured on a terminal, JSON elsewhere, never a secret."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import traceback
from base64 import b64encode
from typing import TextIO, cast
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def set_up(*, level: int = logging.INFO) -> None:
    """Log to standard error. Nothing that is to be kept out (`keep_out`) appears in any line, whoever logs it."""
    common: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        Redact(),
    ]
    last: Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(default=str)
    )
    structlog.configure(
        processors=[*common, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Unfailing(sys.stderr))),
    )
    _libraries(common, last)


def _libraries(common: list[Processor], last: Processor) -> None:
    """The libraries' own warnings, in the same shape."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, common[-1], last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # A long poll that finds no connection is repeated by the library; one line a try would bury everything else.
    logging.getLogger("telegram.ext.Updater").setLevel(logging.CRITICAL)
    # It repeats whole what it cannot read, also where that is what people wrote; that it could not, we say ourselves.
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


class Unfailing:
    """A full disk may be the log's as well. A line that cannot be written must not end what it tells of."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()


_kept_out: dict[str, None] = {}  # in every form in which it may be written, the longest first
_IN_ADDRESS = re.compile(r"(?<=://)[^/?#\s@]*:[^/?#\s@]*@")  # who calls there, and with which password


def keep_out(secret: str) -> str:
    """No line shows this from now on, in whatever form. Returns it."""
    if secret and secret not in _kept_out:
        forms = sorted({*_kept_out, *_forms(secret)}, key=len, reverse=True)
        _kept_out.clear()
        _kept_out.update(dict.fromkeys(forms))
    return secret


def _forms(secret: str) -> set[str]:
    """As it is, in addresses, in JSON, in what Python shows of a text, and as an HTTP client sends it."""
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    shown = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return plain | shown | {b64encode(f":{secret}".encode()).decode()}


def where(error: BaseException) -> list[str]:
    """Where something broke, the innermost last: places in code alone. What an error says may repeat what a person
    wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return [type(error).__name__, *places]


class Redact:
    """Takes secrets out of every value of an event."""

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        return {key: self._clean(value) for key, value in event.items()}

    def _clean(self, value: object) -> object:
        if value is None or isinstance(value, int | float):
            return value
        text = value if isinstance(value, str) else repr(value)
        clean = _IN_ADDRESS.sub("…@", text)
        for secret in tuple(_kept_out):
            clean = clean.replace(secret, "…")
        return value if clean == text else clean
