"""aiohttp: one session, and a task for each slot."""

import argparse
import asyncio

import aiohttp

CHUNK = 256 * 1024


async def fetch_all(slots, session, urls):
    async def slot():
        for url in urls:
            async with session.get(url) as response:
                length = 0
                while chunk := await response.content.read(CHUNK):
                    length += len(chunk)
            print(length, url)

    await asyncio.gather(*(slot() for _ in range(slots)))


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", type=int, default=16)
    parser.add_argument("--compressed", action="store_true")
    parser.add_argument("--close", action="store_true", help="no host comes twice: keep no connection")
    parser.add_argument("list")
    options = parser.parse_args()
    connector = aiohttp.TCPConnector(limit=options.c, ssl=False, force_close=options.close)
    headers = {"Accept-Encoding": "gzip" if options.compressed else "identity"}
    # Of the whole run, else five minutes for each URL.
    timeout = aiohttp.ClientTimeout(total=None)
    with open(options.list, encoding="ascii") as lines:
        # One iterator for all slots.
        urls = (line.rstrip("\n") for line in lines)
        async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
            await fetch_all(options.c, session, urls)


asyncio.run(main())
