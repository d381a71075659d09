import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetchOne } from '../helpers/fetch-one.js';
import { flood } from '../helpers/flood.js';
import { rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const OK = 'HTTP/1.1 200 OK\r\n';

/** In chunks of `size` bytes. */
function chunked(body: Buffer | string, size = 7): Buffer {
  const bytes = Buffer.from(body);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Sends and ends the connection. */
function thenEnd(...parts: (string | Buffer)[]): (socket: Socket) => void {
  return (socket) => socket.end(Buffer.concat(parts.map((part) => Buffer.from(part))));
}

describe.each(MODES)('%s', (mode) => {
  test.each([
    ['declared', response('hello'), 5],
    ['empty', response(''), 0],
    ['chunked', Buffer.concat([Buffer.from(`${OK}Transfer-Encoding: chunked\r\n\r\n`), chunked('hello, world')]), 12],
    ['chunked with extensions', `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n`, 5],
    ['chunked with trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`, 5],
    ['ended by the close', thenEnd(`${OK}\r\nhello`), 5],
    ['of HTTP/1.0, ended by the close', thenEnd('HTTP/1.0 200 OK\r\n\r\nhello'), 5],
    ['of HTTP/1.0, declared', thenEnd('HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'), 5],
    ['of HTTP/1.0, kept alive', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello', 5],
    [
      'behind a 102 and a 103',
      `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
      5,
    ],
    ['of a 204 with a Content-Length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 0],
    ['of a 304 with a Content-Length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 0],
    ['of a 204', 'HTTP/1.1 204 No Content\r\n\r\n', 0],
    ['longer than declared', thenEnd(`${OK}Content-Length: 5\r\n\r\nhello, world`), 5],
  ])('counts a body %s', async (_, answer, length) => {
    const server = await rawServer(answer);
    const row = await fetchOne(`${server.origin}/a?b`, { mode });
    expect(row).toMatchObject({
      state: 'ok',
      length,
      lengthFrom: 'body',
      encodedBodySize: length,
      decodedBodySize: length,
      finalUrl: `${server.origin}/a?b`,
      redirects: 0,
      attempts: 1,
      error: null,
    });
    expect(server.requests).toEqual([
      expect.stringMatching(/^GET \/a\?b HTTP\/1\.1\r\n(.*\r\n)*accept-encoding: identity$/i),
    ]);
  });
});

test('a body is the same row whatever its packets are', async () => {
  const whole = Buffer.concat([
    Buffer.from(`${OK}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`),
    chunked(zlib.gzipSync('hello, world'), 5),
  ]);
  const cuts = Array.from({ length: whole.length - 1 }, (_, i) => [whole.subarray(0, i + 1), whole.subarray(i + 1)]);
  const server = await rawServer({ inTurn: cuts });
  for (const _ of cuts) {
    expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: 12, encodedBodySize: 32 });
  }
});

describe('what a head declares', () => {
  test('is told, not believed', async () => {
    const server = await rawServer(
      response('hello', ['Content-Type: text/html; charset=utf-8', 'Content-Encoding: identity']),
    );
    expect(await fetchOne(server.origin)).toMatchObject({
      status: 200,
      contentLength: 5,
      contentType: 'text/html; charset=utf-8',
      contentEncoding: 'identity',
    });
  });

  test('is null where it is not there', async () => {
    const server = await rawServer(thenEnd(`${OK}\r\n`));
    expect(await fetchOne(server.origin)).toMatchObject({
      contentLength: null,
      contentType: null,
      contentEncoding: null,
    });
  });

  test('of a failure status is an answer too', async () => {
    const server = await rawServer(response('gone', [], '410 Gone'));
    expect(await fetchOne(server.origin)).toMatchObject({ state: 'http-error', status: 410, length: 4, error: null });
  });
});

describe('content codings', () => {
  const body = 'a body that is long enough to be worth it, '.repeat(1000);
  const codings: [string, Buffer][] = [
    ['gzip', zlib.gzipSync(body)],
    ['x-gzip', zlib.gzipSync(body)],
    ['GZIP', zlib.gzipSync(body)],
    ['deflate', zlib.deflateSync(body)],
    ['deflate', zlib.deflateRawSync(body)],
    ['br', zlib.brotliCompressSync(body)],
    ['none', Buffer.from(body)],
    ['identity', Buffer.from(body)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(body))],
    ['deflate, gzip', zlib.gzipSync(zlib.deflateRawSync(body))],
    ['gzip, identity', zlib.gzipSync(body)],
    ...('zstdCompressSync' in zlib
      ? ([['zstd', (zlib.zstdCompressSync as (body: string) => Buffer)(body)]] as [string, Buffer][])
      : []),
  ];

  test.each(codings)('%s is undone, asked for or not', async (coding, encoded) => {
    const server = await rawServer(response(encoded, [`Content-Encoding: ${coding}`]));
    for (const compressed of [false, true]) {
      expect(await fetchOne(server.origin, { compressed })).toMatchObject({
        state: 'ok',
        length: body.length,
        decodedBodySize: body.length,
        encodedBodySize: encoded.length,
        contentLength: encoded.length,
        contentEncoding: coding,
      });
    }
    expect(server.requests[0]).toMatch(/accept-encoding: identity/i);
    expect(server.requests[1]).toMatch(/accept-encoding: gzip, deflate, br/i);
  });

  test('are undone byte by byte', async () => {
    for (const [coding, encoded] of codings.filter(([, { length }]) => length < 1000)) {
      const head = `${OK}Content-Encoding: ${coding}\r\nContent-Length: ${encoded.length}\r\n\r\n`;
      const server = await rawServer([head, ...Array.from(encoded, (byte) => Buffer.from([byte]))]);
      expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: body.length });
    }
  });

  test('several in several fields are undone in turn', async () => {
    const encoded = zlib.brotliCompressSync(zlib.gzipSync(body));
    const server = await rawServer(response(encoded, ['Content-Encoding: gzip', 'Content-Encoding: br']));
    expect(await fetchOne(server.origin)).toMatchObject({ length: body.length, contentEncoding: 'gzip, br' });
  });

  test('in Transfer-Encoding are undone too, before those of the content', async () => {
    const encoded = zlib.gzipSync(zlib.brotliCompressSync(body));
    const head = `${OK}Transfer-Encoding: gzip, chunked\r\nContent-Encoding: br\r\n\r\n`;
    const server = await rawServer(Buffer.concat([Buffer.from(head), chunked(encoded)]));
    expect(await fetchOne(server.origin)).toMatchObject({
      state: 'ok',
      length: body.length,
      encodedBodySize: encoded.length,
    });
  });

  test('of an empty body undo nothing', async () => {
    const server = await rawServer(response('', ['Content-Encoding: gzip']));
    expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: 0 });
  });

  test('gzip may have several members', async () => {
    const member = zlib.gzipSync('hello');
    const server = await rawServer(response(Buffer.concat([member, member]), ['Content-Encoding: gzip']));
    expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: 10 });
  });

  test.each([
    ['cut short', 'gzip', zlib.gzipSync(body).subarray(0, -4), 'Z_BUF_ERROR'],
    ['cut short', 'br', zlib.brotliCompressSync(body).subarray(0, -4), 'Z_BUF_ERROR'],
    ['cut short', 'deflate', zlib.deflateSync(body).subarray(0, 1), 'Z_BUF_ERROR'],
    ['not what it says', 'gzip', Buffer.from('plain'), 'Z_DATA_ERROR'],
    ['damaged', 'gzip', Buffer.concat([zlib.gzipSync(body).subarray(0, -8), Buffer.alloc(8, 1)]), 'Z_DATA_ERROR'],
    ['followed by more', 'gzip', Buffer.concat([zlib.gzipSync(body), Buffer.from('more')]), 'Z_DATA_ERROR'],
    ['followed by zeros', 'gzip', Buffer.concat([zlib.gzipSync(body), Buffer.alloc(8)]), null],
    [
      'followed by zeros and more',
      'gzip',
      Buffer.concat([zlib.gzipSync(body), Buffer.alloc(1), zlib.gzipSync(body)]),
      null,
    ],
    ['followed by more', 'deflate', Buffer.concat([zlib.deflateSync(body), Buffer.from('more')]), null],
    ['followed by more', 'br', Buffer.concat([zlib.brotliCompressSync(body), Buffer.from('more')]), null],
    ['unknown', 'snappy', Buffer.from('whatever'), null],
    ['unknown', 'gzip\xa0', Buffer.from('whatever'), null],
    ['unknown', '__proto__', Buffer.from('whatever'), null],
    ['unknown', `a${' '.repeat(60_000)}b`, Buffer.from('whatever'), null],
    ['too many', Array(9).fill('gzip').join(), Buffer.from('whatever'), null],
  ])('%s (%s) are a decode failure', async (_, coding, encoded, cause) => {
    const server = await rawServer(response(encoded, [`Content-Encoding: ${coding}`]));
    expect(await fetchOne(server.origin)).toMatchObject({
      state: 'failed',
      status: 200,
      length: null,
      lengthFrom: null,
      encodedBodySize: encoded.length,
      error: { code: 'decode', cause },
    });
  });

  test.each([
    'chunked, gzip',
    'chunked, identity',
    'chunked, none',
    'chunked,',
    'chunked\t',
    'chunked\xa0',
    'chunked\r\nTransfer-Encoding: identity',
    'snappy, chunked',
  ])('that cannot be undone in Transfer-Encoding (%j) are a decode failure', async (codings) => {
    const head = Buffer.from(`${OK}Transfer-Encoding: ${codings}\r\n\r\n`, 'latin1');
    const server = await rawServer(thenEnd(head, chunked('hello')));
    expect(await fetchOne(server.origin)).toMatchObject({ state: 'failed', error: { code: 'decode' } });
  });
});

describe('maxBytes', () => {
  test('lets a body of just that size pass', async () => {
    const server = await rawServer(response('hello'));
    expect(await fetchOne(server.origin, { maxBytes: 5 })).toMatchObject({ state: 'ok', length: 5 });
  });

  test('cuts off a longer one', async () => {
    const server = await rawServer(response('hello'));
    expect(await fetchOne(server.origin, { maxBytes: 4 })).toMatchObject({
      state: 'failed',
      status: 200,
      length: null,
      error: { code: 'too-large', cause: null, message: 'the body is over 4 bytes' },
    });
  });

  test('cuts off an endless one', async () => {
    const server = await rawServer(flood(`${OK}\r\n`, Buffer.alloc(65_536)));
    const row = await fetchOne(server.origin, { maxBytes: 1_000_000 });
    expect(row).toMatchObject({ state: 'failed', error: { code: 'too-large' } });
    expect(row.encodedBodySize).toBeGreaterThan(1_000_000);
    // One read more, of which the buffers of the system have a say.
    expect(row.encodedBodySize).toBeLessThanOrEqual(1_000_000 + 262_144);
  });

  test('cuts off what unfolds to more', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(50_000_000));
    const server = await rawServer(response(bomb, ['Content-Encoding: gzip']));
    const row = await fetchOne(server.origin, { maxBytes: 1_000_000 });
    expect(row).toMatchObject({ state: 'failed', error: { code: 'too-large' } });
    expect(row.decodedBodySize).toBeGreaterThan(1_000_000);
    expect(row.decodedBodySize).toBeLessThan(1_100_000);
  });
});

test.each([
  ['unfolds to a thousand times as much', zlib.gzipSync(Buffer.alloc(400_000_000)), 400_000_000],
  ['unfolds to no more than it is', zlib.gzipSync(randomBytes(50_000_000), { level: 1 }), 50_000_000],
])('a large body that %s is decoded in flat memory', async (_, encoded, length) => {
  const server = await rawServer(response(encoded, ['Content-Encoding: gzip']));
  const before = process.memoryUsage().rss;
  expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length });
  // The server's own copy, and what has not been collected yet.
  expect(process.memoryUsage().rss - before).toBeLessThan(encoded.length + 100_000_000);
});

test.each([
  ['resets', { state: 'failed', length: null, error: { code: 'truncated', cause: 'ECONNRESET' } }],
  ['ends', { state: 'ok', length: 400_000_000 }],
])('a connection that %s while the decoder is behind gives its row', async (how, row) => {
  const encoded = zlib.gzipSync(Buffer.alloc(400_000_000));
  const server = await rawServer(async (socket) => {
    socket.write(Buffer.concat([Buffer.from(`${OK}Content-Encoding: gzip\r\n\r\n`), encoded]));
    // Its first 64 KiB keep the decoder busy for longer than this, so that the end finds the body waiting for it.
    for (let turns = 0; turns < 20; turns++) await turn();
    if (how === 'resets') socket.resetAndDestroy();
    else socket.end();
  });
  expect(await fetchOne(server.origin)).toMatchObject(row);
});
