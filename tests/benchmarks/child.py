"""One measured client: runs it on uvloop, as the relay itself runs, and prints what it found as its last line."""

from __future__ import annotations

import importlib
import json
import sys

import structlog
import uvloop

RUNS = {
    "bare": "clients",
    "paced": "clients",
    "stock": "clients",
    "library": "clients",
    "fan_out": "relays",
    "breaking": "relays",
    "crowd": "services",
    "volume": "volumes",
    "dashboard": "dashboards",
    "polls": "polling",
    "large": "polling",
    "course": "clusters",
    "unpolled": "clusters",
    "ledger": "ledgers",
    "pruned": "ledgers",
    "scale": "scales",
}  # each in its module, as the whole relay takes its time to be imported

if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    name, asked = sys.argv[1], json.loads(sys.argv[2])
    run = getattr(importlib.import_module(f"tests.benchmarks.{RUNS[name]}"), name)
    print(json.dumps(uvloop.run(run(**asked))))
