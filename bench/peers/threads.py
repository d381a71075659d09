"""Python's standard library: a pool of threads, each with a connection that it keeps."""

import argparse
import http.client
import ssl
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

CHUNK = 256 * 1024
GZIP = 16 + zlib.MAX_WBITS

own = threading.local()
insecure = ssl._create_unverified_context()


def connection_to(scheme, host):
    """The thread's connection, if it leads there."""
    if getattr(own, "origin", None) != (scheme, host):
        if hasattr(own, "connection"):
            own.connection.close()
        secure = scheme == "https:"
        own.connection = (
            http.client.HTTPSConnection(host, context=insecure) if secure else http.client.HTTPConnection(host)
        )
        own.origin = (scheme, host)
        own.buffer = bytearray(CHUNK)
    return own.connection


def fetch(url, headers):
    # Cheaper than urllib.parse, and all that these URLs need.
    scheme, _, host, path = url.split("/", 3)
    connection = connection_to(scheme, host)
    connection.request("GET", f"/{path}", headers=headers)
    response = connection.getresponse()
    decoder = zlib.decompressobj(GZIP) if response.headers["Content-Encoding"] == "gzip" else None
    length = 0
    while count := response.readinto(own.buffer):
        length += len(decoder.decompress(memoryview(own.buffer)[:count])) if decoder else count
    return f"{length} {url}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", type=int, default=16)
    parser.add_argument("--compressed", action="store_true")
    parser.add_argument("list")
    options = parser.parse_args()
    headers = {"Accept-Encoding": "gzip" if options.compressed else "identity"}
    with open(options.list, encoding="ascii") as lines, ThreadPoolExecutor(options.c) as pool:
        urls = [line.rstrip("\n") for line in lines]
        for line in pool.map(lambda url: fetch(url, headers), urls):
            print(line)


main()
