import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { chooseProxies } from '../../src/fetch/proxies.js';
import { endpointOf } from '../../src/fetch/routes.js';
import { fetchLengths } from '../../src/index.js';
import type { Report } from '../../src/types.js';
import { run } from '../helpers/cli.js';
import { deadPort } from '../helpers/dead-port.js';
import { fetchOne } from '../helpers/fetch-one.js';
import { measureOwnTime } from '../helpers/own-time.js';
import { proxyServer } from '../helpers/proxy-server.js';
import { type Answer, fixturePath, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const cacert = fixturePath('ca.pem');

describe.each(MODES)('%s', (mode) => {
  test('an http: URL is asked for whole, on connections that serve every host', async () => {
    const proxy = await proxyServer();
    const servers = [await rawServer(response('hello')), await rawServer(response('hello'))];
    const urls = servers.map(({ origin }) => `${origin}/a?b#c`);
    const options = mode === 'sequential' ? { mode } : { mode, concurrency: 1 };
    const { results } = await fetchLengths(urls, { ...options, proxy: proxy.origin });
    expect(results).toMatchObject(urls.map((url) => ({ state: 'ok', length: 5, finalUrl: url.replace('#c', '') })));
    expect(proxy.requests.map(({ line }) => line)).toEqual(servers.map(({ origin }) => `GET ${origin}/a?b`));
    expect(proxy.requests.map(({ headers }) => headers['host'])).toEqual(
      servers.map(({ port }) => `127.0.0.1:${port}`),
    );
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBeUndefined();
    expect(proxy.connections).toBe(1);
  });

  test('so they do where a list names each host once', async () => {
    const proxy = await proxyServer();
    const servers = await Promise.all([1, 2, 3, 4].map(() => rawServer(response('hello'))));
    const stdin = servers.map(({ origin }) => origin).join('\n');
    const argv = mode === 'sequential' ? ['-m', mode] : ['-m', mode, '-c', '1'];
    const { status } = await run([...argv, '-q', '--proxy', proxy.origin], { stdin });
    expect(status).toBe(0);
    expect(proxy.requests.map(({ headers }) => headers['host'])).toEqual(
      servers.map(({ port }) => `127.0.0.1:${port}`),
    );
    expect(proxy.connections).toBe(1);
  });

  test('an https: URL goes through a tunnel, which is used again', async () => {
    const proxy = await proxyServer();
    const server = await rawServer(response('hello'), 'localhost');
    const urls = [1, 2, 3].map((i) => `${server.origin}/${i}`);
    const options = mode === 'sequential' ? { mode } : { mode, concurrency: 1 };
    const { totals } = await fetchLengths(urls, { ...options, proxy: proxy.origin, cacert });
    expect(totals).toMatchObject({ ok: 3, length: 15 });
    expect(proxy.requests.map(({ line }) => line)).toEqual([`CONNECT localhost:${server.port}`]);
    expect(server.requests[0]).toMatch(/^GET \/1 /);
  });

  test('its certificate is checked all the same', async () => {
    const proxy = await proxyServer();
    const server = await rawServer(response('hello'), 'elsewhere');
    expect(await fetchOne(server.origin, { mode, proxy: proxy.origin, cacert })).toMatchObject({
      error: { code: 'tls', cause: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  test('a proxy may itself speak TLS', async () => {
    const proxy = await proxyServer(undefined, 'localhost');
    const plain = await rawServer(response('hello'));
    const secure = await rawServer(response('hello'), 'localhost');
    const { totals } = await fetchLengths([plain.origin, secure.origin], { mode, proxy: proxy.origin, cacert });
    expect(totals).toMatchObject({ ok: 2 });
    expect(await fetchOne(plain.origin, { mode, proxy: proxy.origin, insecure: true })).toMatchObject({
      error: { code: 'proxy', cause: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    });
  });

  test('credentials go to the proxy, and to nobody else', async () => {
    const proxy = await proxyServer('me:p@ss word');
    const plain = await rawServer(response('hello'));
    const secure = await rawServer(response('hello'), 'localhost');
    const options = { mode, cacert, proxy: `http://me:p%40ss%20word@127.0.0.1:${proxy.port}` };
    const { totals } = await fetchLengths([plain.origin, secure.origin], options);
    expect(totals).toMatchObject({ ok: 2 });
    expect(secure.requests[0]).not.toContain('proxy-authorization');
  });

  test.each(['http', 'https'])('wrong credentials are a proxy failure that shows none (%s)', async (scheme) => {
    const proxy = await proxyServer('me:right');
    const server = await rawServer(response('hello'), scheme === 'https' ? 'localhost' : undefined);
    const row = await fetchOne(server.origin, { mode, retry: 1, proxy: `http://me:wrong@127.0.0.1:${proxy.port}` });
    expect(row).toMatchObject({ state: 'failed', length: null, attempts: 2, error: { code: 'proxy' } });
    expect(row.error?.message).toContain('407');
    expect(JSON.stringify(row)).not.toContain('wrong');
    expect(server.connections).toBe(0);
  });

  describe('CONNECT', () => {
    test.each<[string, Answer, string]>([
      ['is refused', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', 'it answered 403'],
      ['is dropped', (socket: Socket) => socket.destroy(), 'it ended the connection'],
      ['is reset', (socket: Socket) => socket.resetAndDestroy(), 'it ended the connection'],
      ['is dropped in the answer', (socket: Socket) => socket.end('HTTP/1.1 200'), 'it ended the connection'],
      ['is answered with something else', 'SSH-2.0\r\n', 'what it sent is not HTTP'],
      ['is answered with too much', 'HTTP/1.1 200 OK\r\n\r\nhello', 'it sent more than its answer'],
      ['is answered with a huge head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1e6)}\r\n\r\n`, 'what it sent is not HTTP'],
    ])('that %s is a proxy failure, tried again', async (_, answer, why) => {
      const proxy = await rawServer(answer);
      const row = await fetchOne('https://name.test/', { mode, retry: 1, proxy: proxy.origin });
      expect(row).toMatchObject({
        state: 'failed',
        status: null,
        attempts: 2,
        error: { code: 'proxy', message: `the proxy opened no tunnel, ${why}` },
      });
      await proxy.allClosed();
    });

    test('that is never answered ends with the connect timeout, or with the timeout', async () => {
      const proxy = await rawServer(() => {});
      const options = { mode, proxy: proxy.origin };
      const ownTime = measureOwnTime();
      const row = await fetchOne('https://name.test/', { ...options, connectTimeout: 100 });
      expect(row).toMatchObject({ error: { code: 'proxy', cause: 'ETIMEDOUT' } });
      const late = await fetchOne('https://name.test/', { ...options, timeout: 100 });
      expect(late).toMatchObject({ error: { code: 'timeout' } });
      expect(ownTime()).toBeLessThan(700);
      await proxy.allClosed();
    });
  });

  test.each(['http', 'https'])('a proxy that is not there is a proxy failure (%s)', async (scheme) => {
    const url = `${scheme}://name.test/`;
    expect(await fetchOne(url, { mode, proxy: 'http://127.0.0.1:1' })).toMatchObject({
      error: {
        code: 'proxy',
        cause: 'ECONNREFUSED',
        message: 'the proxy cannot be used: connection refused: 127.0.0.1:1',
      },
    });
    const dead = `127.0.0.1:${await deadPort()}`;
    expect(await fetchOne(url, { mode, proxy: dead, connectTimeout: 100 })).toMatchObject({
      error: { code: 'proxy', cause: 'ETIMEDOUT' },
    });
  });

  test('a proxy that ends the connection before the response is a proxy failure', async () => {
    const proxy = await rawServer((socket) => socket.destroy());
    expect(await fetchOne('http://name.test/', { mode, proxy: proxy.origin })).toMatchObject({
      error: { code: 'proxy' },
    });
  });

  test("a user's own Proxy-Authorization goes to the proxy, in place of its URL's, and to nobody else", async () => {
    const proxy = await proxyServer('me:own');
    const plain = await rawServer(response('hello'));
    const secure = await rawServer(response('hello'), 'localhost');
    const header = [`Proxy-Authorization: Basic ${Buffer.from('me:own').toString('base64')}`];
    const options = { mode, cacert, header, proxy: `http://other:one@127.0.0.1:${proxy.port}` };
    expect((await fetchLengths([plain.origin, secure.origin], options)).totals).toMatchObject({ ok: 2 });
    expect(secure.requests[0]).not.toContain('proxy-authorization');
  });

  test('an empty Proxy-Authorization sends none, not even that of the proxy', async () => {
    const proxy = await proxyServer();
    const plain = await rawServer(response('hello'));
    const secure = await rawServer(response('hello'), 'localhost');
    const options = { mode, cacert, header: ['Proxy-Authorization:'], proxy: `http://me:own@127.0.0.1:${proxy.port}` };
    expect((await fetchLengths([plain.origin, secure.origin], options)).totals).toMatchObject({ ok: 2 });
    expect(proxy.requests).toHaveLength(2);
    for (const { headers } of proxy.requests) expect(headers).not.toHaveProperty('proxy-authorization');
  });

  test('connections to a proxy that speaks TLS serve every host', async () => {
    const proxy = await proxyServer(undefined, 'localhost');
    const servers = [await rawServer(response('hello')), await rawServer(response('hello'))];
    const urls = Array.from({ length: 20 }, (_, i) => `${servers[i % 2]?.origin}/${i}`);
    const options = mode === 'sequential' ? { mode } : { mode, concurrency: 2 };
    expect((await fetchLengths(urls, { ...options, proxy: proxy.origin, cacert })).totals.ok).toBe(20);
    expect(proxy.connections).toBeLessThanOrEqual(2);
  });

  test('a proxy that hangs up at once fails at once', async () => {
    const closing = createServer((socket) => socket.on('error', () => {}).end());
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    const { port } = closing.address() as { port: number };
    const ownTime = measureOwnTime();
    const row = await fetchOne('https://name.test/', { mode, proxy: `127.0.0.1:${port}` });
    expect(ownTime()).toBeLessThan(1_000);
    closing.close();
    expect(row).toMatchObject({ error: { code: 'proxy' } });
  });

  test('--head goes on to GET where the proxy or the server drops a HEAD', async () => {
    const proxy = await rawServer((socket, head) =>
      head.startsWith('HEAD') ? socket.destroy() : socket.write(response('hello')),
    );
    expect(await fetchOne('http://name.test/', { mode, head: true, proxy: proxy.origin })).toMatchObject({
      state: 'ok',
      length: 5,
      attempts: 1,
    });
  });

  test('redirects and --head go through it too', async () => {
    const proxy = await proxyServer();
    const server = await rawServer({ inTurn: [response('', ['Location: /b'], '302 Found'), response('hello')] });
    expect(await fetchOne(`${server.origin}/a`, { mode, proxy: proxy.origin })).toMatchObject({
      state: 'ok',
      redirects: 1,
    });
    expect(await fetchOne(`${server.origin}/c`, { mode, head: true, proxy: proxy.origin })).toMatchObject({
      state: 'ok',
      length: 5,
      lengthFrom: 'content-length',
    });
    expect(proxy.requests.map(({ line }) => line)).toEqual([
      `GET ${server.origin}/a`,
      `GET ${server.origin}/b`,
      `HEAD ${server.origin}/c`,
    ]);
  });
});

describe('the environment', () => {
  const report = async (url: string, env: NodeJS.ProcessEnv, ...argv: string[]): Promise<Report> =>
    JSON.parse((await run(['--json', '-q', '--retry', '0', ...argv, url], { env })).stdout);

  test.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])('%s names a proxy', async (name) => {
    const proxy = await proxyServer();
    const { origin } = await rawServer(response('hello'));
    expect((await report(origin, { [name]: `127.0.0.1:${proxy.port}` })).totals.ok).toBe(1);
    expect(proxy.requests).toHaveLength(1);
  });

  test.each(['https_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])('%s names one for https:', async (name) => {
    const proxy = await proxyServer();
    const { origin } = await rawServer(response('hello'), 'localhost');
    expect((await report(origin, { [name]: proxy.origin, http_proxy: 'http://127.0.0.1:1' }, '-k')).totals.ok).toBe(1);
    expect(proxy.requests).toHaveLength(1);
  });

  test('gives way to --proxy, and to none with --proxy ""', async () => {
    const proxy = await proxyServer();
    const { origin } = await rawServer(response('hello'));
    const env = { HTTP_PROXY: 'http://127.0.0.1:1' };
    expect((await report(origin, env, '--proxy', proxy.origin)).totals.ok).toBe(1);
    expect(proxy.requests).toHaveLength(1);
    expect((await report(origin, env, '--proxy', '')).totals.ok).toBe(1);
    expect(proxy.requests).toHaveLength(1);
  });

  test('is read by the command, not by the library', async () => {
    const { origin } = await rawServer(response('hello'));
    const { NO_PROXY } = process.env;
    try {
      delete process.env['NO_PROXY'];
      process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
      expect(await fetchOne(origin)).toMatchObject({ state: 'ok' });
    } finally {
      delete process.env['HTTP_PROXY'];
      process.env['NO_PROXY'] = NO_PROXY;
    }
  });

  test('that cannot be used is a usage error that names the variable, and no password', async () => {
    const env = { ALL_PROXY: 'socks5://me:secret@127.0.0.1:1' };
    expect(await run(['http://127.0.0.1:1/'], { env })).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'fetch-lengths: option \'--proxy <url>\': expected an http:// or https:// URL of a proxy in the variable ALL_PROXY, got "socks5://127.0.0.1:1"\n',
    });
  });

  test('with a proxy excludes --public-only', async () => {
    const { status, stderr } = await run(['--public-only', 'http://127.0.0.1:1/'], {
      env: { https_proxy: 'http://127.0.0.1:1' },
    });
    expect([status, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain("option '--public-only'");
  });
});

describe('the port of a proxy', () => {
  const proxyOf = (option: string): unknown => chooseProxies(option, {})?.for(endpointOf(new URL('http://host/')));

  test.each([
    ['host', 'host', 1080, false],
    ['http://host', 'host', 1080, false],
    ['http://host:80', 'host', 80, false],
    ['http://host:443/', 'host', 443, false],
    ['HTTP://host:3128', 'host', 3128, false],
    ['https://host', 'host', 443, true],
    ['https://host:80', 'host', 80, true],
    ['[::1]:3128', '::1', 3128, false],
    ['me:secret@host:3128', 'host', 3128, false],
  ])('of %s is as in curl', (option, host, port, tls) => {
    expect(proxyOf(option)).toMatchObject({ host, port, tls });
  });
});

describe('NO_PROXY', () => {
  const direct = (url: string, list: string): boolean =>
    chooseProxies('http://proxy:1', { NO_PROXY: list })?.for(endpointOf(new URL(url))) === null;

  test.each([
    ['http://host.test/', 'host.test'],
    ['http://HOST.test/', 'Host.TEST'],
    ['http://a.b.host.test/', 'host.test'],
    ['http://a.host.test/', '.host.test'],
    ['http://host.test/', '.host.test'],
    ['http://a.host.test/', '*.host.test'],
    ['http://host.test./', 'host.test'],
    ['http://host.test/', 'other.test, host.test'],
    ['http://host.test/', 'other.test host.test'],
    ['http://host.test/', 'host.test:80'],
    ['https://host.test/', 'host.test:443'],
    ['https://host.test:8443/', 'host.test:8443'],
    ['http://anything/', '*'],
    ['http://127.0.0.1:8080/', '127.0.0.1'],
    ['http://10.1.2.3/', '10.0.0.0/8'],
    ['http://[::1]/', '::1'],
    ['http://[::1]/', '[::1]'],
    ['http://[::1]/', '0:0:0:0:0:0:0:1'],
    ['http://[::1]:81/', '[::1]:81'],
    ['http://[fd00::1]/', 'fd00::/8'],
  ])('lets %s go without (%s)', (url, list) => {
    expect(direct(url, list)).toBe(true);
  });

  test.each([
    ['http://nothost.test/', 'host.test'],
    ['http://host.test.org/', 'host.test'],
    ['http://host.test/', 'a.host.test'],
    ['http://host.test/', 'host.test:8080'],
    ['http://host.test/', ''],
    ['http://host.test/', ' , '],
    ['http://11.1.2.3/', '10.0.0.0/8'],
    ['http://1.127.0.0.1.test/', '127.0.0.1'],
    ['http://host.test/', '10.0.0.0/99'],
    ['http://10.0.0.1/', '10.0.0.0/99'],
  ])('lets %s not go without (%s)', (url, list) => {
    expect(direct(url, list)).toBe(false);
  });

  test('is NO_PROXY or no_proxy, and holds for proxies of the environment too', () => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const proxies = chooseProxies(undefined, { [name]: 'a', http_proxy: 'http://proxy:1' });
      expect(proxies?.for(endpointOf(new URL('http://a/')))).toBe(null);
      expect(proxies?.for(endpointOf(new URL('http://b/')))).toMatchObject({ host: 'proxy' });
    }
  });
});
