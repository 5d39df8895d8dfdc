#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hello_client - one aiohttp client of `lab hello`: the kind of client that the note measured with.

usage: hello_client.py URL REQUESTS

Connects and warms up, writes "ready", waits for a line, makes its requests one after another on one kept connection,
and writes the seconds they took; and behind a blank how many failed, if any did.
"""
import asyncio
import sys
import time

import aiohttp

WARM_UP_REQUESTS = 20


async def fetch(session, url):
    """True: answered with 2xx, in full."""
    try:
        async with session.get(url) as response:
            await response.read()
            return 200 <= response.status <= 299
    except aiohttp.ClientError:
        return False


async def measure(url, count):
    async with aiohttp.ClientSession() as session:
        for _ in range(WARM_UP_REQUESTS):
            if not await fetch(session, url):
                sys.exit(f"hello_client: {url} cannot be fetched")
        print("ready", flush=True)
        # Nothing else runs in this loop: it may wait.
        if not sys.stdin.readline():
            sys.exit("hello_client: nobody said start")
        failed = 0
        start = time.perf_counter()
        for _ in range(count):
            failed += not await fetch(session, url)
        seconds = time.perf_counter() - start
    print(f"{seconds:.6f} {failed}" if failed else f"{seconds:.6f}", flush=True)


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit(__doc__)
    asyncio.run(measure(sys.argv[1], int(sys.argv[2])))


if __name__ == "__main__":
    main()
