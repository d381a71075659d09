import dns from 'node:dns';
import { readdirSync } from 'node:fs';
import { BlockList } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isPublic, readResolveTable } from '../../src/fetch/addresses.js';
import type { Options } from '../../src/types.js';
import { deadPort } from '../helpers/dead-port.js';
import { fetchOne } from '../helpers/fetch-one.js';
import { measureOwnTime } from '../helpers/own-time.js';
import { fixturePath, rawServer, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

/**
 * Has names resolve to these addresses, once for each look-up: real names would need a name server of our own, which the
 * system's resolver cannot be given.
 */
function resolveTo(...answers: (readonly string[])[]): void {
  const lookup = (
    _host: string,
    _options: object,
    done: (error: null, addresses: dns.LookupAddress[]) => void,
  ): void => {
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    done(
      null,
      (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
}

afterEach(() => vi.restoreAllMocks());

test.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00::1'])(
  '%s is public',
  (address) => {
    expect(isPublic(address)).toBe(true);
  },
);

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd12::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '',
  'localhost',
])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});

describe.each(MODES)('--public-only, %s', (mode) => {
  const blocked = (address: string, name?: string): object => ({
    state: 'failed',
    status: null,
    attempts: 1,
    error: {
      code: 'blocked',
      cause: null,
      message: `not a public address: ${address}${name === undefined ? '' : ` (${name})`}`,
    },
  });
  const options: Options = { mode, publicOnly: true, retry: 2 };

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1'],
    ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
    ['[64:ff9b::127.0.0.1]', '64:ff9b::7f00:1'],
    ['[2002:7f00:1::]', '2002:7f00:1::'],
  ])('refuses %s in a URL', async (host, address) => {
    const server = await rawServer(response('secret'));
    expect(await fetchOne(`http://${host}:${server.port}/`, options)).toMatchObject(blocked(address));
    expect(server.connections).toBe(0);
  });

  test('knows no zones in URLs', async () => {
    expect(await fetchOne('http://[fe80::1%25lo]/', options)).toMatchObject({ error: { code: 'bad-url' } });
  });

  test('refuses what a name resolves to', async () => {
    const server = await rawServer(response('secret'));
    const row = await fetchOne(`http://localhost:${server.port}/`, options);
    expect(row).toMatchObject({ state: 'failed', error: { code: 'blocked' } });
    expect(row.error?.message).toMatch(/^not a public address: (127\.0\.0\.1|::1) \(localhost\)$/);
    expect(server.connections).toBe(0);
  });

  test('refuses what --resolve says', async () => {
    const server = await rawServer(response('secret'));
    const resolve = [`name.test:${server.port}:127.0.0.1`];
    expect(await fetchOne(`http://name.test:${server.port}/`, { ...options, resolve })).toMatchObject(
      blocked('127.0.0.1', 'name.test'),
    );
    expect(server.connections).toBe(0);
  });

  test('refuses every address of a name', async () => {
    resolveTo(['10.0.0.1', 'fe80::1%lo', '::ffff:127.0.0.1', '64:ff9b::7f00:1']);
    expect(await fetchOne('http://name.test/', options)).toMatchObject(blocked('10.0.0.1', 'name.test'));
  });

  test('connects to nothing but what was checked', async () => {
    const server = await rawServer(response('secret'));
    // It would be public at the first look-up, and loopback at a second: there is none between check and connection.
    resolveTo(['127.0.0.1'], ['8.8.8.8']);
    expect(await fetchOne(`http://name.test:${server.port}/`, options)).toMatchObject({ error: { code: 'blocked' } });
    expect(vi.mocked(dns.lookup)).toHaveBeenCalledTimes(1);
    expect(server.connections).toBe(0);
  });
});

test('--public-only holds at every hop', async () => {
  const inner = await rawServer(response('secret'));
  const outer = await rawServer(response('', [`Location: http://127.0.0.2:${inner.port}/`], '302 Found'));
  // Nothing public is at hand: one address of loopback plays it.
  vi.spyOn(BlockList.prototype, 'check').mockImplementation((address) => address !== '127.0.0.1');
  expect(await fetchOne(outer.origin, { publicOnly: true })).toMatchObject({
    redirects: 1,
    error: { code: 'blocked', message: 'not a public address: 127.0.0.2' },
  });
  expect(outer.requests).toHaveLength(1);
  expect(inner.connections).toBe(0);
});

describe.each(MODES)('--resolve, %s', (mode) => {
  test('stands for a look-up, for its host and port alone', async () => {
    const server = await rawServer(response('hello'));
    const { port } = server;
    const resolve = [`Name.test:${port}:127.0.0.1`, `other.test:1:127.0.0.1`];
    expect(await fetchOne(`http://name.test:${port}/`, { mode, resolve })).toMatchObject({ state: 'ok', length: 5 });
    expect(server.requests[0]).toContain(`host: name.test:${port}`);
    resolveTo([]);
    expect(await fetchOne(`http://other.test:${port}/`, { mode, resolve })).toMatchObject({ state: 'failed' });
  });

  test('stands for any host with *, and for a literal too', async () => {
    const server = await rawServer(response('hello'));
    const resolve = [`*:${server.port}:127.0.0.1`, `[::1]:${server.port}:127.0.0.1`];
    for (const host of ['anything.test', '10.0.0.1', '[::1]']) {
      expect(await fetchOne(`http://${host}:${server.port}/`, { mode, resolve })).toMatchObject({ state: 'ok' });
    }
  });

  test('goes on to the next address where one is dead', async () => {
    const server = await rawServer(response('hello'));
    const resolve = [`dual.test:${server.port}:[::1],127.0.0.2,127.0.0.1`];
    expect(await fetchOne(`http://dual.test:${server.port}/`, { mode, resolve })).toMatchObject({
      state: 'ok',
      attempts: 1,
    });
  });

  test('a last dot is no part of the name for the certificate', async () => {
    const server = await rawServer(response('hello'), 'localhost');
    const options = { mode, resolve: [`localhost.:${server.port}:127.0.0.1`], cacert: fixturePath('ca.pem') };
    expect(await fetchOne(`https://localhost.:${server.port}/`, options)).toMatchObject({ state: 'ok' });
  });

  test('keeps the name for the certificate', async () => {
    const server = await rawServer(response('hello'), 'localhost');
    const resolve = [`elsewhere.test:${server.port}:127.0.0.1`];
    const row = await fetchOne(`https://elsewhere.test:${server.port}/`, { mode, resolve });
    expect(row).toMatchObject({ error: { code: 'tls' } });
  });
});

test('--resolve reads what curl reads, and the last of two', () => {
  const entries = ['a.test:80:127.0.0.1', '+A.test:80:[::1],127.0.0.2', 'bücher.test:443:::1', '*:8080:10.0.0.1'];
  expect([...readResolveTable(entries)]).toEqual([
    ['a.test:80', ['::1', '127.0.0.2']],
    ['xn--bcher-kva.test:443', ['::1']],
    ['*:8080', ['10.0.0.1']],
  ]);
});

describe('a name with several addresses', () => {
  test('is connected to by the family that lives, without waiting for the dead one', async () => {
    const server = await rawServer(response('hello'));
    await deadPort('127.0.0.3', server.port);
    const resolve = [`dual.test:${server.port}:127.0.0.3,127.0.0.1`];
    const ownTime = measureOwnTime();
    const row = await fetchOne(`http://dual.test:${server.port}/`, { resolve });
    expect(ownTime()).toBeLessThan(1_000);
    expect(row).toMatchObject({ state: 'ok', length: 5, attempts: 1 });
    expect(row.duration).toBeGreaterThanOrEqual(240);
  });

  test('tries two at a time, so that many dead ones take no more sockets', async () => {
    const server = await rawServer(response('hello'));
    await deadPort('127.0.0.3', server.port);
    const resolve = [`dual.test:${server.port}:${'127.0.0.3,'.repeat(5)}127.0.0.1`];
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, openFiles() - before);
    }, 10);
    const row = await fetchOne(`http://dual.test:${server.port}/`, { resolve });
    clearInterval(watch);
    expect(row).toMatchObject({ state: 'ok', attempts: 1 });
    // Both ends of the one that is made at last are here.
    expect(most).toBeLessThanOrEqual(3);
  });

  test('tells every cause where none takes the connection', async () => {
    const resolve = ['dual.test:1:127.0.0.1,[::1]'];
    const row = await fetchOne('http://dual.test:1/', { resolve });
    expect(row).toMatchObject({ error: { code: 'connect', cause: 'ECONNREFUSED' } });
    expect(row.error?.message).toMatch(
      /^connection refused(: dual\.test:1| \(127\.0\.0\.1\), .* \(::1\): dual\.test:1)$/,
    );
  });

  test('has the families in turn', async () => {
    const server = await rawServer(response('hello'));
    resolveTo(['::1', '::1', '127.0.0.1']);
    expect(await fetchOne(`http://name.test:${server.port}/`)).toMatchObject({ state: 'ok' });
  });
});
