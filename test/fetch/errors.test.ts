import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { responseFailure } from '../../src/fetch/errors.js';
import { openFetcher } from '../../src/fetch/fetcher.js';
import { fetchLengths } from '../../src/index.js';
import { startClock } from '../../src/pacing/clock.js';
import { Sight } from '../../src/sight.js';
import type { Options } from '../../src/types.js';
import { fetchOne } from '../helpers/fetch-one.js';
import { measureOwnTime } from '../helpers/own-time.js';
import { fixturePath, rawServer, response } from '../helpers/raw-server.js';
import { MODES, NOBODY, settings } from '../helpers/settings.js';

const OK = 'HTTP/1.1 200 OK\r\n';

const end = (text: string) => (socket: Socket) => socket.end(text);

/** Sends, waits until it is on its way, and resets the connection. */
const reset = (text: string) => (socket: Socket) => socket.write(text, () => socket.resetAndDestroy());

const NOTHING_KNOWN = {
  state: 'failed',
  status: null,
  length: null,
  lengthFrom: null,
  encodedBodySize: null,
  decodedBodySize: null,
  contentLength: null,
  contentEncoding: null,
  contentType: null,
  finalUrl: null,
};

describe.each(MODES)('%s', (mode) => {
  test.each([
    ['plain text', 'no absolute http(s) URL'],
    ['ftp://host/', 'no absolute http(s) URL'],
    ['http:host', 'no absolute http(s) URL'],
    ['//host/', 'no absolute http(s) URL'],
    ['', 'no absolute http(s) URL'],
    ['http://', 'no valid URL'],
    ['http://a b/', 'no valid URL'],
    ['http://host:99999/', 'no valid URL'],
    ['http://[::1/', 'no valid URL'],
    ['http://host/\t', 'a control character in the URL'],
    ['http://host/\0', 'a control character in the URL'],
    [`http://host/${'x'.repeat(70_000)}`, 'longer than 64 KiB'],
  ])('%j is a bad-url', async (url, message) => {
    const row = await fetchOne(url, { mode });
    expect(row).toMatchObject({
      ...NOTHING_KNOWN,
      url: url.slice(0, 65_536),
      attempts: 0,
      requestStart: null,
      responseStart: null,
      error: { code: 'bad-url', cause: null, message },
    });
  });

  test('a name that does not resolve is a dns failure', async () => {
    expect(await fetchOne(`http://${NOBODY}/`, { mode })).toMatchObject({
      ...NOTHING_KNOWN,
      attempts: 1,
      requestStart: null,
      error: { code: 'dns', cause: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) },
    });
  });

  test('a refused connection is a connect failure', async () => {
    expect(await fetchOne('http://127.0.0.1:1/', { mode })).toMatchObject({
      ...NOTHING_KNOWN,
      attempts: 1,
      error: { code: 'connect', cause: 'ECONNREFUSED', message: 'connection refused: 127.0.0.1:1' },
    });
  });

  test('a connection refused at every address of a name is one, with the cause of the first', async () => {
    // Not localhost: its name may have an address of a family that the machine does not speak.
    const resolve = ['name.test:1:127.0.0.1,127.0.0.2'];
    expect(await fetchOne('http://name.test:1/', { mode, resolve })).toMatchObject({
      error: { code: 'connect', cause: 'ECONNREFUSED', message: 'connection refused: name.test:1' },
    });
  });

  test.each([
    ['at once', end('')],
    ['by a reset', reset('')],
    ['within the head', end('HTTP/1.1 200 OK\r\nContent-')],
    ['within the status line', end('HTT')],
  ])('an end before the head is whole, %s, is a reset failure', async (_, answer) => {
    const server = await rawServer(answer);
    expect(await fetchOne(server.origin, { mode })).toMatchObject({
      ...NOTHING_KNOWN,
      attempts: 1,
      error: { code: 'reset' },
    });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['a declared length', end(`${OK}Content-Length: 100\r\n\r\nhello`), null],
    ['a declared length, by a reset', reset(`${OK}Content-Length: 100\r\n\r\nhello`), 'ECONNRESET'],
    ['chunks', end(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`), null],
    ['a chunk', end(`${OK}Transfer-Encoding: chunked\r\n\r\na\r\nhello`), null],
    ['chunks to be the last', end(`${OK}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`), null],
    ['chunks of HTTP/1.0', end(`HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`), null],
    // Without a declared end only an orderly close is one.
    ['a body without a declared end, by a reset', reset(`${OK}\r\nhello`), 'ECONNRESET'],
  ])('a body that ends short of %s is truncated', async (_, answer, cause) => {
    const server = await rawServer(answer);
    expect(await fetchOne(server.origin, { mode })).toMatchObject({
      state: 'failed',
      status: 200,
      length: null,
      encodedBodySize: 5,
      decodedBodySize: 5,
      finalUrl: `${server.origin}/`,
      error: { code: 'truncated', cause },
    });
  });

  test.each([
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTTP/0.9', '<html>hello</html>'],
    ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['a length and chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['a length and an empty transfer coding', `${OK}Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello`],
    ['a length that is no number', `${OK}Content-Length: five\r\n\r\nhello`],
    ['a negative length', `${OK}Content-Length: -5\r\n\r\nhello`],
    ['a chunk size that is no number', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n`],
    ['line ends without CR', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['a 100 that nobody asked for', `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`],
    ['a part that nobody asked for', response('hello', ['Content-Range: bytes 0-4/10'], '206 Partial Content')],
    ['a head over 64 KiB', `${OK}X: ${'x'.repeat(70_000)}\r\nContent-Length: 5\r\n\r\nhello`],
    ['a head of 100,000 lines', `${OK}${'X: y\r\n'.repeat(100_000)}\r\n`],
  ])('%s is a protocol failure', async (_, answer) => {
    const server = await rawServer(answer);
    expect(await fetchOne(server.origin, { mode })).toMatchObject({
      state: 'failed',
      length: null,
      attempts: 1,
      error: { code: 'protocol', message: expect.stringContaining('not HTTP that can be trusted') },
    });
  });

  test('a part is the answer where it was asked for', async () => {
    const server = await rawServer(response('hello', ['Content-Range: bytes 0-4/10'], '206 Partial Content'));
    expect(await fetchOne(server.origin, { mode, header: ['Range: bytes=0-4'] })).toMatchObject({
      state: 'ok',
      length: 5,
    });
  });

  describe('tls', () => {
    test.each([
      [
        'of an unknown issuer',
        'localhost',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'the issuer of the certificate is unknown',
        {},
      ],
      [
        'that has expired',
        'expired',
        'CERT_HAS_EXPIRED',
        'the certificate has expired',
        { cacert: fixturePath('ca.pem') },
      ],
      [
        'for another host',
        'elsewhere',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        'the certificate is for another host',
        { cacert: fixturePath('ca.pem') },
      ],
    ])('a certificate %s is a tls failure, unless nobody checks', async (_, name, cause, message, options: Options) => {
      const server = await rawServer(response('hello'), name);
      expect(await fetchOne(server.origin, { mode, ...options })).toMatchObject({
        ...NOTHING_KNOWN,
        error: { code: 'tls', cause, message: `${message}: localhost:${server.port}` },
      });
      expect(await fetchOne(server.origin, { mode, insecure: true })).toMatchObject({ state: 'ok', length: 5 });
    });

    test('a trusted root makes its certificates good', async () => {
      const server = await rawServer(response('hello'), 'localhost');
      const options = { mode, cacert: fixturePath('ca.pem') };
      expect(await fetchOne(server.origin, options)).toMatchObject({ state: 'ok', length: 5 });
      expect(await fetchOne(`https://127.0.0.1:${server.port}`, options)).toMatchObject({ state: 'ok', length: 5 });
    });

    test('a server that does not speak it is a tls failure', async () => {
      const server = await rawServer(end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const plain = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
      const { port } = plain.address() as { port: number };
      expect(await fetchOne(`https://127.0.0.1:${port}`, { mode })).toMatchObject({
        ...NOTHING_KNOWN,
        error: { code: 'tls', message: `the server does not speak TLS: 127.0.0.1:${port}` },
      });
      plain.close();
      expect(server.requests).toEqual([]);
    });

    test('an alert is a tls failure, told in one line', async () => {
      // A fatal handshake_failure (RFC 8446, section 6.2) for an answer to the ClientHello.
      const alert = createServer((socket) => {
        socket.on('error', () => {}).once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40])));
      });
      await new Promise<void>((resolve) => alert.listen(0, '127.0.0.1', resolve));
      const { port } = alert.address() as { port: number };
      const row = await fetchOne(`https://127.0.0.1:${port}`, { mode });
      expect(row).toMatchObject({
        ...NOTHING_KNOWN,
        error: { code: 'tls', cause: expect.stringMatching(/^ERR_SSL_/) },
      });
      expect(row.error?.message).toMatch(/^TLS failed, [\w/ ]+: 127\.0\.0\.1:\d+$/);
      alert.close();
    });

    test('an end within the handshake is a tls failure', async () => {
      const silent = createServer((socket) => socket.once('data', () => socket.destroy()));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      expect(await fetchOne(`https://127.0.0.1:${port}`, { mode })).toMatchObject({
        ...NOTHING_KNOWN,
        error: { code: 'tls', cause: 'ECONNRESET' },
      });
      silent.close();
    });
  });

  describe('timeout', () => {
    test.each([
      ['the answer', () => {}, null],
      ['the rest of the head', (socket: Socket) => socket.write('HTTP/1.1 200'), null],
      ['the body', (socket: Socket) => socket.write(`${OK}\r\n`), 200],
      ['the rest of the body', (socket: Socket) => socket.write(`${OK}Content-Length: 100\r\n\r\nhello`), 200],
    ])('ends the wait for %s, and the connection', async (_, answer, status) => {
      const server = await rawServer(answer);
      const ownTime = measureOwnTime();
      const row = await fetchOne(server.origin, { mode, timeout: 300 });
      expect(ownTime()).toBeLessThan(550);
      expect(row).toMatchObject({
        state: 'failed',
        status,
        length: null,
        attempts: 1,
        error: { code: 'timeout', cause: null, message: 'not done within 300 ms' },
      });
      expect(row.duration).toBeGreaterThanOrEqual(299);
      await server.allClosed();
    });

    test('ends a TLS handshake', async () => {
      const server = await rawServer(() => {});
      const row = await fetchOne(`https://127.0.0.1:${server.port}`, { mode, timeout: 100 });
      expect(row).toMatchObject({ ...NOTHING_KNOWN, error: { code: 'timeout' } });
      await server.allClosed();
    });

    test('is for a URL with all its redirects', async () => {
      const server = await rawServer((socket) => {
        setTimeout(() => socket.write('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'), 150);
      });
      const row = await fetchOne(server.origin, { mode, timeout: 500 });
      expect(row).toMatchObject({ error: { code: 'timeout' } });
      expect(row.redirects).toBeGreaterThan(0);
      expect(row.redirects).toBeLessThan(4);
    });

    test('frees the slot for the next URL', async () => {
      const server = await rawServer({ inTurn: [() => {}, response('hello')] });
      const options: Options = mode === 'sequential' ? { mode } : { mode, concurrency: 1 };
      const { results } = await fetchLengths([server.origin, server.origin], { ...options, timeout: 500 });
      expect(results.map(({ state }) => state)).toEqual(['failed', 'ok']);
    });

    test('of the connection ends a TLS handshake as a connect failure', async () => {
      const server = await rawServer(() => {});
      const ownTime = measureOwnTime();
      const row = await fetchOne(`https://127.0.0.1:${server.port}`, { mode, connectTimeout: 500 });
      expect(ownTime()).toBeLessThan(750);
      expect(row).toMatchObject({
        ...NOTHING_KNOWN,
        error: {
          code: 'connect',
          cause: 'ETIMEDOUT',
          message: `timed out after 500 ms shaking hands with 127.0.0.1:${server.port}`,
        },
      });
    });

    test('of the connection does not hurry the answer', async () => {
      const server = await rawServer((socket) => {
        setTimeout(() => socket.write(response('hello')), 400);
      });
      expect(await fetchOne(server.origin, { mode, connectTimeout: 300 })).toMatchObject({ state: 'ok', length: 5 });
    });
  });

  test('an aborted run makes aborted rows of what is in flight, and none of what is not', async () => {
    const controller = new AbortController();
    const server = await rawServer({ inTurn: [response('hello'), () => controller.abort()] });
    const options: Options = mode === 'sequential' ? { mode } : { mode, concurrency: 1 };
    const { results, totals } = await fetchLengths(
      [1, 2, 3].map((i) => `${server.origin}/${i}`),
      {
        ...options,
        signal: controller.signal,
      },
    );
    expect(results).toMatchObject([
      { index: 0, state: 'ok' },
      {
        index: 1,
        state: 'failed',
        status: null,
        error: { code: 'aborted', cause: null, message: 'the run was interrupted' },
      },
    ]);
    expect(totals).toMatchObject({ urls: 2, ok: 1, failed: 1 });
  });

  test('a run that was aborted before it started has no rows', async () => {
    const { results } = await fetchLengths(['http://127.0.0.1:1/'], { mode, signal: AbortSignal.abort() });
    expect(results).toEqual([]);
  });
});

describe('a bug of ours', () => {
  test('is a row', async () => {
    const fetcher = openFetcher(settings(), startClock(), new Sight(), () => {});
    const target = {
      index: 3,
      url: 'http://host/',
      get flaw(): null {
        throw new RangeError('unforeseen\nand long');
      },
    };
    const journey = fetcher.open(target);
    await journey.leg();
    expect(journey.row).toMatchObject({
      index: 3,
      url: 'http://host/',
      state: 'failed',
      error: {
        code: 'internal',
        message: 'a bug of fetch-lengths: RangeError: unforeseen and long',
      },
    });
  });

  test("the system's own limits are a connect failure where no request was written", () => {
    const error = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' });
    const failure = responseFailure(error, { written: false, headWhole: false, ended: false, reset: false });
    expect(failure).toMatchObject({ code: 'connect', systemCode: 'EMFILE' });
  });

  test.each([
    ['UND_ERR_INVALID_ARG', 'internal'],
    ['UND_ERR_DESTROYED', 'internal'],
    ['ERR_ASSERTION', 'protocol'],
  ])('or of undici, %s, is %s', (code, expected) => {
    const error = Object.assign(new Error('unforeseen'), { code });
    expect(responseFailure(error, { written: true, headWhole: false, ended: false, reset: false }).code).toBe(expected);
  });
});
