#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proxy_aiohttp - the gateway in aiohttp on uvloop: gather over calls of one session that keeps its connections.

usage: proxy_aiohttp.py PORT BACKEND_PORT [LOG_FILE]

Bodies are stored and put together as bytes; nobody looks whether they are JSON.
"""
import asyncio
import logging
import sys

import aiohttp
import uvloop
from aiohttp import web

KEPT_S = 3600


class Proxy:
    def __init__(self, session, backend):
        self.session = session
        self.backend = backend

    async def call(self, target):
        async with self.session.get(self.backend + target) as response:
            if response.status != 200:
                raise web.HTTPBadGateway()
            return await response.read()

    async def hello(self, _request):
        return web.Response(text="Hello world")

    async def one(self, request):
        body = await self.call(request.path_qs)
        return web.Response(body=b'{"res":' + body + b"}", content_type="application/json")

    async def fan_out(self, request):
        numbers = range(1, int(request.query["n"]) + 1)
        bodies = await asyncio.gather(*(self.call(f"/task{number}") for number in numbers))
        members = (b'"task%d":%s' % pair for pair in zip(numbers, bodies))
        return web.Response(body=b"{" + b",".join(members) + b"}", content_type="application/json")


def open_log(path):
    logger = logging.getLogger("requests")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.FileHandler(path))
    return logger


async def serve(port, backend_port, log_file):
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_S)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        proxy = Proxy(session, f"http://127.0.0.1:{backend_port}")
        application = web.Application()
        application.router.add_get("/hello", proxy.hello)
        application.router.add_get("/fanout", proxy.fan_out)
        application.router.add_get("/{task}", proxy.one)
        runner = web.AppRunner(application, access_log=open_log(log_file) if log_file else None,
                               keepalive_timeout=KEPT_S)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
        await asyncio.Event().wait()


def main():
    uvloop.install()
    port, backend_port, *log_file = sys.argv[1:]
    asyncio.run(serve(int(port), int(backend_port), log_file[0] if log_file else None))


if __name__ == "__main__":
    main()
