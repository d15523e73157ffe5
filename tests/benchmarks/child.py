"""One measured client: runs it on uvloop, as the relay itself runs, and prints what it found as its last line."""

from __future__ import annotations

import json
import sys

import structlog
import uvloop

from tests.benchmarks import clients, polling, relays, services

RUNS = {
    "bare": clients.bare,
    "paced": clients.paced,
    "stock": clients.stock,
    "library": clients.library,
    "fan_out": relays.fan_out,
    "breaking": relays.breaking,
    "crowd": services.crowd,
    "polls": polling.polls,
}

if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    print(json.dumps(uvloop.run(RUNS[sys.argv[1]](**json.loads(sys.argv[2])))))
