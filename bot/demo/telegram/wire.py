"""Answers on the wire, and the ways they go wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from bot.demo.telegram.values import Fault, Json, Refusal


class ConnectionLost(Exception):
    """A planned fault: the connection goes before anything happened."""


async def before(fault: Fault) -> None:
    match fault.kind:
        case "reset":
            raise ConnectionLost
        case "refuse":
            refusal = Refusal(fault.status, fault.description, **dict(fault.parameters))
            refusal.body = fault.body
            raise refusal
        case "hold" if fault.until is not None:
            await fault.until.wait()


async def after(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    match fault.kind:
        case "lose answer":
            return cut(request, abort=False)
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "hold answer" if fault.until is not None:
            await fault.until.wait()
    return response


def cut(request: web.Request, *, abort: bool) -> web.Response:
    """Closes the connection; the response returned goes nowhere."""
    transport: Any = request.transport
    if transport is not None:
        transport.abort() if abort else transport.close()
    return web.Response(status=500)


def answered(result: Any) -> web.Response:
    return web.Response(body=orjson.dumps({"ok": True, "result": result}), content_type="application/json")


def refused(refusal: Refusal) -> web.Response:
    if refusal.body is not None:
        return web.Response(status=refusal.code, body=refusal.body, content_type="text/html")
    answer: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    headers = {}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    if "retryafter" in refusal.parameters:
        headers["Retry-After"] = str(refusal.parameters["retryafter"])
    return web.Response(
        status=refusal.code, body=orjson.dumps(answer), content_type="application/json", headers=headers
    )
