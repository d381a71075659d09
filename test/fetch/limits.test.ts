import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetchOne } from '../helpers/fetch-one.js';
import { flood } from '../helpers/flood.js';
import { type Answer, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const OK = 'HTTP/1.1 200 OK\r\n';

const KIB = 'x'.repeat(1024);

describe.each(MODES)('%s', (mode) => {
  test.each<[string, Answer]>([
    ['a field without end', flood(`${OK}X: `, KIB)],
    ['fields without end', flood(OK, `X: ${KIB}\r\n`)],
    ['a million short fields', flood(OK, 'a:\r\n'.repeat(1000), { count: 1000, tail: 'Content-Length: 0\r\n\r\n' })],
    ['a field name without end', flood(OK, KIB)],
    ['a head of 70 kB in short lines', `${OK}${'a: b\r\n'.repeat(11_700)}Content-Length: 0\r\n\r\n`],
    ['a reason phrase without end', flood('HTTP/1.1 200 ', KIB)],
    ['line ends without end', flood('', '\r\n'.repeat(512))],
    ['interim responses without end', flood('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(20))],
    ['a chunk extension without end', flood(`${OK}Transfer-Encoding: chunked\r\n\r\n5;`, KIB)],
    [
      'a megabyte of it',
      flood(`${OK}Transfer-Encoding: chunked\r\n\r\n5;`, KIB, { count: 1024, tail: '\r\nhello\r\n0\r\n\r\n' }),
    ],
    ['trailers without end', flood(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`, `X: ${KIB}\r\n`)],
    ['a chunk size without end', flood(`${OK}Transfer-Encoding: chunked\r\n\r\n`, '0'.repeat(1024))],
  ])('%s is a protocol failure, long before the time is up', async (_, answer) => {
    const server = await rawServer(answer);
    const row = await fetchOne(server.origin, { mode });
    expect(row).toMatchObject({ state: 'failed', length: null, attempts: 1, error: { code: 'protocol' } });
    expect(row.duration).toBeLessThan(5_000);
    await server.allClosed();
  });

  test('a head of just under 64 KiB is none', async () => {
    const server = await rawServer(`${OK}X: ${'x'.repeat(65_000)}\r\nContent-Length: 5\r\n\r\nhello`);
    expect(await fetchOne(server.origin, { mode })).toMatchObject({ state: 'ok', length: 5 });
  });

  test('small chunks, many small extensions and long pauses of the decoder are none', async () => {
    const chunks = '1;a=b\r\nx\r\n'.repeat(100_000);
    const server = await rawServer(`${OK}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
    expect(await fetchOne(server.origin, { mode })).toMatchObject({ state: 'ok', length: 100_000 });
  });

  test.each([
    ['encoded', flood(`${OK}\r\n`, KIB)],
    ['in chunks', flood(`${OK}Transfer-Encoding: chunked\r\n\r\n`, `400\r\n${KIB}\r\n`)],
  ])('a body without end, %s, is cut off', async (_, answer) => {
    const server = await rawServer(answer);
    const row = await fetchOne(server.origin, { mode, maxBytes: 1_000_000 });
    expect(row).toMatchObject({ state: 'failed', error: { code: 'too-large' } });
    expect(row.encodedBodySize).toBeGreaterThan(1_000_000);
    await server.allClosed();
  });

  describe('a bomb', () => {
    const GIGABYTE = 2 ** 30;
    const zeros = Buffer.alloc(2 ** 26);
    // Members of a gzip stream follow one another; a brotli stream has no such seam.
    const member = gzipSync(zeros, { level: 9 });
    const gzip = Buffer.concat(Array.from({ length: 16 }, () => member));
    const brotli = brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

    test('of a gigabyte is counted at flat memory', async () => {
      const server = await rawServer(response(gzip, ['Content-Encoding: gzip']));
      const before = process.memoryUsage().rss;
      const row = await fetchOne(server.origin, { mode });
      expect(row).toMatchObject({ state: 'ok', length: GIGABYTE, encodedBodySize: gzip.length });
      // Much of what there is has only not been collected yet.
      expect(process.memoryUsage().rss - before).toBeLessThan(GIGABYTE / 4);
    });

    test.each([
      ['gzip', gzip],
      ['br', brotli],
    ])('of %s is cut off by --max-bytes', async (coding, body) => {
      const server = await rawServer(response(body, [`Content-Encoding: ${coding}`]));
      const row = await fetchOne(server.origin, { mode, maxBytes: 10_000_000 });
      expect(row).toMatchObject({ state: 'failed', status: 200, error: { code: 'too-large' } });
      expect(row.encodedBodySize).toBeLessThan(10_000_000);
      expect(row.decodedBodySize).toBeLessThan(11_000_000);
      await server.allClosed();
    });
  });
});
