#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hello_server - an aiohttp server that answers every GET with "Hello world".

usage: hello_server.py [HOST:PORT]        (default: 127.0.0.1:8081; port 0: any that is free)

Says "listening on HOST:PORT" when it is ready, and ends on Ctrl-C.
"""
import asyncio
import signal
import sys

from aiohttp import web


async def hello(_request):
    return web.Response(text="Hello world")


async def serve(host, port):
    application = web.Application()
    application.router.add_get("/{path:.*}", hello)
    runner = web.AppRunner(application, access_log=None)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    print("listening on {}:{}".format(*runner.addresses[0][:2]), flush=True)
    await stopped.wait()
    await runner.cleanup()


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8081"
    host, _, port = address.rpartition(":")
    if len(sys.argv) > 2 or not host or not port.isdigit():
        sys.exit(__doc__)
    asyncio.run(serve(host, int(port)))


if __name__ == "__main__":
    main()
