import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetchLengths } from '../../src/index.js';
import { type Answer, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const OK = 'HTTP/1.1 200 OK\r\n';

/** What a server does, and what the row says: the state, or the code of the error. */
const FAULTS: readonly (readonly [outcome: string, answer: Answer])[] = [
  ['ok', response('hello')],
  ['ok', response(gzipSync('hello'), ['Content-Encoding: gzip'])],
  ['http-error', response('gone', [], '410 Gone')],
  ['http-error', response('busy', [], '503 Service Unavailable')],
  ['reset', (socket: Socket) => socket.destroy()],
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ['truncated', (socket: Socket) => socket.end(`${OK}Content-Length: 9\r\n\r\nhello`)],
  ['truncated', (socket: Socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)],
  ['protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['protocol', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ['protocol', `${OK}X: ${'x'.repeat(100_000)}\r\n\r\n`],
  ['decode', response('no gzip', ['Content-Encoding: gzip'])],
  ['decode', response('hello', ['Content-Encoding: snappy'])],
  ['too-large', response('x'.repeat(20_000))],
  ['too-large', response(gzipSync(Buffer.alloc(1e6)), ['Content-Encoding: gzip'])],
  ['too-many-redirects', response('', ['Location: ?again'], '302 Found')],
  ['bad-redirect', response('', ['Location: ftp://host/'], '302 Found')],
  ['timeout', () => {}],
  ['timeout', (socket: Socket) => socket.write(`${OK}Content-Length: 9\r\n\r\nhello`)],
];

describe.each(MODES)('%s', (mode) => {
  test.each(['input', 'completion'] as const)('every fault has its row, in the order of %s', async (order) => {
    const servers = await Promise.all(FAULTS.map(([, answer]) => rawServer(answer)));
    const urls = [
      ...servers.map(({ origin }) => `${origin}/`),
      'http://127.0.0.1:1/',
      (await rawServer(response('hello'), 'expired')).origin,
      'no URL',
    ];
    const { results, totals } = await fetchLengths([...urls, ...urls], {
      mode,
      order,
      timeout: 1_000,
      retry: 1,
      maxRedirects: 3,
      maxBytes: 10_000,
    });
    const outcomes = [...FAULTS.map(([outcome]) => outcome), 'connect', 'tls', 'bad-url'];
    const rows = order === 'input' ? results : results.toSorted((a, b) => a.index - b.index);
    expect(rows.map(({ index, url }) => [index, url])).toEqual([...urls, ...urls].map((url, i) => [i, url]));
    expect(rows.map(({ state, error }) => error?.code ?? state)).toEqual([...outcomes, ...outcomes]);
    expect(totals.urls).toBe(2 * urls.length);
    await Promise.all(servers.map((server) => server.allClosed()));
  });
});
