import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { fetchOne } from '../helpers/fetch-one.js';
import { type Answer, fixturePath, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const to = (location: string, status = '302 Found', body = '') => response(body, [`Location: ${location}`], status);

const target = (request: string | undefined) => request?.split(' ')[1];

describe.each(MODES)('%s', (mode) => {
  test.each(['300 Multiple Choices', '301 Moved', '302 Found', '303 See Other', '307 Temporary', '308 Permanent'])(
    '%s is followed',
    async (status) => {
      const server = await rawServer({ inTurn: [to('/there?x', status, 'a body'), response('hello')] });
      expect(await fetchOne(`${server.origin}/here`, { mode })).toMatchObject({
        state: 'ok',
        status: 200,
        length: 5,
        finalUrl: `${server.origin}/there?x`,
        redirects: 1,
        attempts: 1,
      });
      expect(server.requests.map(target)).toEqual(['/here', '/there?x']);
      expect(server.connections).toBe(1);
    },
  );

  test.each([
    ['no Location', response('body', [], '302 Found'), 302],
    ['an empty Location', response('body', ['Location:'], '301 Moved'), 301],
    ['304', 'HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n', 304],
    ['305', response('body', ['Location: /x'], '305 Use Proxy'), 305],
  ])('%s is the answer', async (_, answer, status) => {
    const server = await rawServer(answer);
    expect(await fetchOne(server.origin, { mode })).toMatchObject({ state: 'ok', status, redirects: 0 });
  });

  test('with maxRedirects 0 the 3xx is the answer', async () => {
    const server = await rawServer(to('/there', '301 Moved', 'moved'));
    expect(await fetchOne(server.origin, { mode, maxRedirects: 0 })).toMatchObject({
      state: 'ok',
      status: 301,
      length: 5,
      redirects: 0,
    });
  });

  test('just so many are followed, a loop not for ever', async () => {
    const server = await rawServer({ inTurn: [to('/1'), to('/2'), response('hello')] });
    expect(await fetchOne(server.origin, { mode, maxRedirects: 2 })).toMatchObject({ state: 'ok', redirects: 2 });

    const loop = await rawServer(to('/'));
    expect(await fetchOne(loop.origin, { mode })).toMatchObject({
      state: 'failed',
      status: 302,
      length: null,
      redirects: 20,
      finalUrl: `${loop.origin}/`,
      error: { code: 'too-many-redirects', cause: null, message: 'redirected more than 20 times' },
    });
    expect(loop.requests).toHaveLength(21);
  });

  test.each([
    ['ftp://127.0.0.1/', 'ftp://127.0.0.1/'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
    ['file:///etc/passwd', 'file:///etc/passwd'],
    ['http://', 'http://'],
    ['http://user:secret@[bad/', 'http://[bad/'],
    ['http://user:s3cr/et@host:bad/', 'http://host:bad/'],
    ['http:\\\\user:s3cret@host:99999/', 'http://host:99999/'],
    ['x:user:s3cret@h', 'x://h'],
  ])('to %s is a bad redirect', async (location, shown) => {
    const server = await rawServer(to(location));
    expect(await fetchOne(server.origin, { mode })).toMatchObject({
      state: 'failed',
      status: 302,
      redirects: 0,
      error: { code: 'bad-redirect', message: `redirected to what is no http(s) URL: ${shown}` },
    });
  });
});

test.each([
  ['/b/c', '/b/c'],
  ['c', '/a/c'],
  ['../c', '/c'],
  ['?d', '/a/b?d'],
  ['/c#fragment', '/c'],
  ['./%7Ec', '/a/%7Ec'],
  ['/c d', '/c%20d'],
  ['/\xc3\xbc', '/%C3%BC'],
  ['/\xfc', '/%FC'],
])('a Location %j is relative to /a/b', async (location, path) => {
  const server = await rawServer({ inTurn: [to(location), response('hello')] });
  expect(await fetchOne(`${server.origin}/a/b`)).toMatchObject({ state: 'ok', finalUrl: server.origin + path });
  expect(target(server.requests[1])).toBe(path);
});

test('a Location may leave out the scheme', async () => {
  const other = await rawServer(response('hello'));
  const server = await rawServer(to(`//127.0.0.1:${other.port}/x`));
  expect(await fetchOne(server.origin)).toMatchObject({ finalUrl: `${other.origin}/x` });
});

test('a redirect leads from https to http and back', async () => {
  const secure = await rawServer({ inTurn: [response('hello')] }, 'localhost');
  const plain = await rawServer(to(`${secure.origin}/end`));
  const first = await rawServer(to(`${plain.origin}/middle`), 'localhost');
  expect(await fetchOne(first.origin, { cacert: fixturePath('ca.pem') })).toMatchObject({
    state: 'ok',
    redirects: 2,
    finalUrl: `${secure.origin}/end`,
  });
});

test('the body of a redirect is not waited for when it is long, and never counted', async () => {
  const endless = (socket: Socket): void => {
    socket.write('HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n');
    socket.write(Buffer.alloc(200_000));
  };
  const server = await rawServer({ inTurn: [endless, response('hello')] });
  expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: 5, encodedBodySize: 5 });
});

test('the body of a redirect is not waited for when it stalls', async () => {
  const stalled = 'HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 10\r\n\r\n';
  const server = await rawServer({ inTurn: [stalled, response('hello')] });
  expect(await fetchOne(server.origin, { timeout: 5_000 })).toMatchObject({ state: 'ok', length: 5, redirects: 1 });
});

test('the body of a redirect may be cut short', async () => {
  const cut = (socket: Socket): void => {
    socket.end('HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 100\r\n\r\nhello');
  };
  const server = await rawServer({ inTurn: [cut, response('hello')] });
  expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: 5, redirects: 1 });
});

test('the body of a redirect is not decoded', async () => {
  const server = await rawServer({
    inTurn: [response('not gzip', ['Location: /there', 'Content-Encoding: gzip'], '302 Found'), response('hello')],
  });
  expect(await fetchOne(server.origin)).toMatchObject({ state: 'ok', length: 5 });
});

describe('credentials', () => {
  const BASIC = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  const withCredentials = (origin: string) => origin.replace('//', '//user:p%40ss@');
  const header = (request: string | undefined, name: string) =>
    request
      ?.split('\r\n')
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());

  test('of a URL are Basic authentication, and in no key but url', async () => {
    const server = await rawServer(response('hello'));
    const url = `${withCredentials(server.origin)}/#fragment`;
    const row = await fetchOne(url);
    expect(header(server.requests[0], 'authorization')).toEqual([BASIC]);
    expect(row).toMatchObject({ state: 'ok', url, finalUrl: `${server.origin}/` });
    expect(JSON.stringify({ ...row, url: '' })).not.toMatch(/p@ss|p%40ss/);
  });

  test('with a lone % are taken as they are', async () => {
    const server = await rawServer(response('hello'));
    await fetchOne(server.origin.replace('//', '//a%:b@'));
    expect(header(server.requests[0], 'authorization')).toEqual([`Basic ${Buffer.from('a%:b').toString('base64')}`]);
  });

  test('stay with their origin, through redirects to it, away from it and back', async () => {
    const answers: Answer[] = [];
    const own = await rawServer({ inTurn: answers });
    const away = await rawServer(to(`${own.origin}/4`));
    answers.push(to('/2'), to(`${away.origin}/3`), response('hello'));
    const headers = ['Cookie: a=b', 'Proxy-Authorization: x', 'X-Other: y', 'Host: named'];

    expect(await fetchOne(withCredentials(own.origin), { header: headers })).toMatchObject({
      state: 'ok',
      redirects: 3,
    });
    expect(own.requests.map(target)).toEqual(['/', '/2', '/4']);
    for (const request of own.requests) {
      expect(header(request, 'authorization')).toEqual([BASIC]);
      expect(header(request, 'cookie')).toEqual(['a=b']);
      expect(header(request, 'proxy-authorization')).toEqual(['x']);
      expect(header(request, 'host')).toEqual(['named']);
    }
    const [foreign] = away.requests;
    expect(header(foreign, 'authorization')).toEqual([]);
    expect(header(foreign, 'cookie')).toEqual([]);
    expect(header(foreign, 'proxy-authorization')).toEqual([]);
    expect(header(foreign, 'host')).toEqual([`127.0.0.1:${away.port}`]);
    expect(header(foreign, 'x-other')).toEqual(['y']);
  });

  test('stay with their origin with head too', async () => {
    const away = await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n');
    const own = await rawServer(to(`${away.origin}/x`));
    const bound = ['Cookie: a=b', 'Authorization: mine'];
    expect(await fetchOne(withCredentials(own.origin), { head: true, header: bound })).toMatchObject({ length: 7 });
    expect(header(own.requests[0], 'authorization')).toEqual(['mine']);
    expect(header(away.requests[0], 'authorization')).toEqual([]);
    expect(header(away.requests[0], 'cookie')).toEqual([]);
  });

  test('of the user go before those of a URL', async () => {
    const server = await rawServer(response('hello'));
    await fetchOne(withCredentials(server.origin), { header: ['Authorization: mine'] });
    expect(header(server.requests[0], 'authorization')).toEqual(['mine']);
  });

  test('of a Location are for its origin', async () => {
    const away = await rawServer(response('hello'));
    const own = await rawServer(to(`${withCredentials(away.origin)}/x`));
    expect(await fetchOne(own.origin, { header: ['Authorization: mine'] })).toMatchObject({
      finalUrl: `${away.origin}/x`,
    });
    expect(header(own.requests[0], 'authorization')).toEqual(['mine']);
    expect(header(away.requests[0], 'authorization')).toEqual([BASIC]);
  });
});
