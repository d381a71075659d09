import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { fetchLengths } from '../../src/index.js';
import type { FetchResult } from '../../src/types.js';
import type { Ending } from './oracle-message.js';
import { validReplies } from './replies.js';
import { type Sent, serveReplies } from './reply-server.js';

const OK = 'HTTP/1.1 200 OK\r\n';

/** A body of which each byte is a cut would make the test long. */
const MAX_LENGTH = 400;

const VALID: readonly [name: string, bytes: Buffer, ending: Ending][] = validReplies()
  .filter(({ bytes }) => bytes.length <= MAX_LENGTH)
  .map(({ name, bytes, ending }) => [name, bytes, ending]);

const gzip = zlib.gzipSync('hello, world');

/** The connection ends behind each, so that none waits. */
const INVALID: readonly [name: string, bytes: string | Buffer, code: string][] = [
  ['nothing', '\r\n', 'reset'],
  ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'protocol'],
  ['a cut head', `${OK}Content-Len`, 'reset'],
  ['a cut body', `${OK}Content-Length: 10\r\n\r\nhello`, 'truncated'],
  ['a cut chunk', `${OK}Transfer-Encoding: chunked\r\n\r\na\r\nhello`, 'truncated'],
  ['no last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, 'truncated'],
  ['cut trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n`, 'truncated'],
  [
    'a chunk that is longer than its size',
    `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`,
    'protocol',
  ],
  ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 'protocol'],
  ['a length and chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'protocol'],
  ['a length that is none', `${OK}Content-Length: 5x\r\n\r\nhello`, 'protocol'],
  ['line ends without CR', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', 'protocol'],
  ['a 100', `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`, 'protocol'],
  ['a 101', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'protocol'],
  ['chunked, then gzip', `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 'decode'],
  ['an unknown coding', `${OK}Content-Encoding: x\r\nContent-Length: 5\r\n\r\nhello`, 'decode'],
  ['broken gzip', `${OK}Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\nhello, world`, 'decode'],
  ['cut gzip', coded('gzip', gzip.subarray(0, -3)), 'decode'],
  ['gzip with more behind it', coded('gzip', Buffer.concat([gzip, Buffer.alloc(2)])), 'decode'],
  ['cut brotli', coded('br', zlib.brotliCompressSync('hello, world, hello').subarray(0, -2)), 'decode'],
  ['deflate with more behind it', coded('deflate', Buffer.concat([zlib.deflateSync('hello'), gzip])), 'decode'],
];

function coded(coding: string, body: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${OK}Content-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

test.each(VALID)('%s is the same row whatever its packets are', async (_, bytes, ending) => {
  const rows = (await fetchSplit(bytes, ending)).map(withoutTimes);
  expect(rows[0]).toMatchObject({ error: null });
  expect(rows).toEqual(rows.map(() => rows[0]));
});

test.each(INVALID)('%s is the same failure whatever its packets are', async (_, text, code) => {
  const rows = await fetchSplit(Buffer.from(text), 'close');
  // Sizes are as far as the body had come, which is for the packets to say.
  const failures = rows.map(({ state, status, length, error }) => ({ state, status, length, code: error?.code }));
  expect(failures[0]).toMatchObject({ state: 'failed', length: null, code });
  expect(failures).toEqual(rows.map(() => failures[0]));
});

/** The rows of a reply as it is, cut in two at every place, and in packets of a byte each. */
async function fetchSplit(bytes: Buffer, ending: Ending): Promise<readonly FetchResult[]> {
  const cuts = Array.from({ length: bytes.length - 1 }, (_, i) => [bytes.subarray(0, i + 1), bytes.subarray(i + 1)]);
  const all = [[bytes], ...cuts, Array.from(bytes, (byte) => Buffer.from([byte]))];
  const sent: readonly Sent[] = all.map((parts) => ({ parts, ending }));
  const origin = await serveReplies((path) => sent[Number(path.slice(1) || Number.NaN)] ?? null);
  const { results } = await fetchLengths(
    sent.map((_, i) => `${origin}/${i}`),
    { retry: 0 },
  );
  return results;
}

/** What must not depend on the packets. */
function withoutTimes(row: FetchResult): object {
  return { ...row, index: 0, url: '', finalUrl: null, startTime: 0, requestStart: 0, responseStart: 0, duration: 0 };
}
