import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetchOne } from '../helpers/fetch-one.js';
import { type Answer, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const method = (request: string) => request.split(' ')[0];

/** Answers by the request: to a HEAD, to a one-byte range, to any other GET. */
function answering(head: string | Buffer, range: string | Buffer, get: string | Buffer): Answer {
  return (socket, request) => {
    if (request.startsWith('HEAD')) socket.write(head);
    else socket.write(/^range: bytes=0-0$/im.test(request) ? range : get);
  };
}

const HEAD_405 = 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 3\r\n\r\n';
const HEAD_UNTOLD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const RANGE = response('h', ['Content-Range: bytes 0-0/12345'], '206 Partial Content');
const RANGE_UNTOLD = response('h', ['Content-Range: bytes 0-0/*'], '206 Partial Content');
const BODY = response('hello');

describe.each(MODES)('head, %s', (mode) => {
  test('tells the length that HEAD declares, and reads no body', async () => {
    const server = await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nContent-Type: a/b\r\n\r\n');
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({
      state: 'ok',
      length: 12_345,
      lengthFrom: 'content-length',
      encodedBodySize: null,
      decodedBodySize: null,
      contentLength: 12_345,
      contentType: 'a/b',
      attempts: 1,
    });
    expect(server.requests.map(method)).toEqual(['HEAD']);
  });

  test.each([
    ['HEAD is refused', HEAD_405],
    ['HEAD does not tell', HEAD_UNTOLD],
    [
      'HEAD tells the length of an encoded body',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n',
    ],
    ['HEAD is no HTTP', 'nonsense\r\n\r\n'],
  ])('asks for a byte where %s', async (_, head) => {
    const server = await rawServer(answering(head, RANGE, BODY));
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({
      state: 'ok',
      status: 206,
      length: 12_345,
      lengthFrom: 'content-range',
      encodedBodySize: null,
      decodedBodySize: null,
    });
    expect(server.requests.map(method)).toEqual(['HEAD', 'GET']);
  });

  test.each([
    ['does not tell', RANGE_UNTOLD],
    [
      'tells the length of an encoded body',
      response('h', ['Content-Range: bytes 0-0/9', 'Content-Encoding: gzip'], '206 Partial Content'),
    ],
    ['cannot be satisfied', response('', ['Content-Range: bytes */0'], '416 Range Not Satisfiable')],
  ])('fetches the body where the range %s', async (_, range) => {
    const server = await rawServer(answering(HEAD_405, range, BODY));
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({
      state: 'ok',
      status: 200,
      length: 5,
      lengthFrom: 'body',
      encodedBodySize: 5,
      decodedBodySize: 5,
    });
    expect(server.requests.map(method)).toEqual(['HEAD', 'GET', 'GET']);
  });

  test('counts the body where the range is ignored', async () => {
    const server = await rawServer(answering(HEAD_405, BODY, response('other')));
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({ length: 5, lengthFrom: 'body' });
    expect(server.requests).toHaveLength(2);
  });

  test('counts an encoded body where nothing else tells', async () => {
    const body = response(zlib.gzipSync('hello'), ['Content-Encoding: gzip']);
    const server = await rawServer(answering(HEAD_UNTOLD, body, body));
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({ length: 5, lengthFrom: 'body' });
  });

  test('follows redirects', async () => {
    const server = await rawServer({
      inTurn: ['HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n'],
    });
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({
      length: 7,
      lengthFrom: 'content-length',
      redirects: 1,
      finalUrl: `${server.origin}/there`,
    });
  });

  test('a 204 has no length but 0, whatever its Content-Length says', async () => {
    const server = await rawServer('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n');
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({ status: 204, length: 0 });
  });

  test('a URL that is missing is an http-error', async () => {
    const missing = response('no', [], '404 Not Found');
    const server = await rawServer(answering('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n', missing, missing));
    expect(await fetchOne(server.origin, { mode, head: true })).toMatchObject({
      state: 'http-error',
      status: 404,
      length: 2,
      lengthFrom: 'body',
    });
  });

  test('asks for no coding until the body has to tell', async () => {
    const server = await rawServer(answering(HEAD_405, RANGE_UNTOLD, BODY));
    await fetchOne(server.origin, { mode, head: true, compressed: true });
    expect(server.requests.map((request) => /^accept-encoding: (.*)$/im.exec(request)?.[1]?.slice(0, 8))).toEqual([
      'identity',
      'identity',
      'gzip, de',
    ]);
  });
});
