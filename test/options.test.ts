import { describe, expect, test } from 'vitest';
import { parseCount, parseSize, parseTime } from '../src/cli/values.js';
import { OptionError } from '../src/option-error.js';
import { resolveOptions } from '../src/options.js';
import type { Options } from '../src/types.js';
import { version } from '../src/version.js';
import { fixturePath } from './helpers/raw-server.js';

describe('options', () => {
  test('have defaults', () => {
    expect(resolveOptions({})).toEqual({
      mode: 'concurrent',
      concurrency: 16,
      perHost: null,
      interval: null,
      perHostInterval: null,
      order: 'input',
      unique: false,
      shard: null,
      timeout: 30_000,
      connectTimeout: 10_000,
      retry: 2,
      maxRedirects: 20,
      maxBytes: Number.POSITIVE_INFINITY,
      headers: ['user-agent', `fetch-lengths/${version}`, 'accept', '*/*'],
      asksForRange: false,
      compressed: false,
      head: false,
      insecure: false,
      secureContext: undefined,
      proxies: null,
      resolve: new Map(),
      publicOnly: false,
      maxConnections: 32,
      signal: undefined,
      threads: 1,
      given: { options: { signal: undefined }, environment: {}, certificates: undefined },
    });
    expect(resolveOptions({ mode: 'sequential' }).concurrency).toBe(1);
  });

  test.each<[Options, string, string]>([
    [{ mode: 'fast' as 'concurrent' }, 'mode', 'sequential or concurrent, got "fast"'],
    [{ order: 'any' as 'input' }, 'order', 'input or completion, got "any"'],
    [{ concurrency: 0 }, 'concurrency', 'an integer from 1 to 65536, got 0'],
    [{ concurrency: 65_537 }, 'concurrency', 'an integer from 1 to 65536, got 65537'],
    [{ concurrency: 1.5 }, 'concurrency', 'an integer from 1 to 65536, got 1.5'],
    [{ concurrency: '4' as unknown as number }, 'concurrency', 'an integer from 1 to 65536, got "4"'],
    [
      { mode: 'sequential', concurrency: 4 },
      'concurrency',
      'none with the sequential mode, which is one at a time, got 4',
    ],
    [{ timeout: 0 }, 'timeout', 'a time from 1 ms to 24 days, got 0'],
    [{ timeout: Number.NaN }, 'timeout', 'a time from 1 ms to 24 days, got NaN'],
    [{ timeout: 2 ** 31 }, 'timeout', 'a time from 1 ms to 24 days, got 2147483648'],
    [{ connectTimeout: -1 }, 'connectTimeout', 'a time from 1 ms to 24 days, got -1'],
    [{ retry: -1 }, 'retry', 'an integer from 0 to 1000, got -1'],
    [{ proxy: 'socks5://host' }, 'proxy', 'an http:// or https:// URL of a proxy, got "socks5://host"'],
    [{ proxy: 'http://me:secret@' }, 'proxy', 'an http:// or https:// URL of a proxy, got "http://"'],
    [{ proxy: {} as string }, 'proxy', 'an http:// or https:// URL of a proxy, got {}'],
    [{ proxy: null as unknown as string }, 'proxy', 'an http:// or https:// URL of a proxy, got null'],
    [{ proxy: 'socks5://me:sec/ret@host' }, 'proxy', 'an http:// or https:// URL of a proxy, got "socks5://host"'],
    [{ resolve: ['a/b:80:127.0.0.1'] }, 'resolve', '"host:port:address", got "a/b:80:127.0.0.1"'],
    [{ resolve: [5 as unknown as string] }, 'resolve', '"host:port:address", got 5'],
    [{ resolve: ['host:80'] }, 'resolve', '"host:port:address", got "host:80"'],
    [{ resolve: ['host:80:elsewhere'] }, 'resolve', '"host:port:address", got "host:80:elsewhere"'],
    [{ resolve: ['host:80:127.0.0.1,'] }, 'resolve', '"host:port:address", got "host:80:127.0.0.1,"'],
    [{ resolve: ['host:99999:127.0.0.1'] }, 'resolve', '"host:port:address", got "host:99999:127.0.0.1"'],
    [
      { resolve: 'a:1:127.0.0.1' as unknown as string[] },
      'resolve',
      'a list of "host:port:address", got "a:1:127.0.0.1"',
    ],
    [
      { publicOnly: true, proxy: 'host' },
      'publicOnly',
      'no proxy beside it, named by an option or by the environment, got true',
    ],
    [{ maxRedirects: -1 }, 'maxRedirects', 'an integer from 0 to 1000, got -1'],
    [{ maxBytes: 0.5 }, 'maxBytes', 'an integer from 0 to 9007199254740991, got 0.5'],
    [{ unique: 1 as unknown as boolean }, 'unique', 'true or false, got 1'],
    [{ header: ['none'] }, 'header', '"Name: value", got "none"'],
    [{ header: [': x'] }, 'header', '"Name: value", got ": x"'],
    [{ header: ['a b: x'] }, 'header', '"Name: value", got "a b: x"'],
    [{ header: ['X: a\r\nY: b'] }, 'header', 'text without control characters, got "a\\r\\nY: b"'],
    [{ header: 'X: a' as unknown as string[] }, 'header', 'a list of "Name: value", got "X: a"'],
    [
      { header: ['Connection: close'] },
      'header',
      'none of the connection\'s own, like connection, got "Connection: close"',
    ],
    [
      { header: ['content-length: 5'] },
      'header',
      'none of the connection\'s own, like content-length, got "content-length: 5"',
    ],
    [{ cacert: 0 as unknown as string }, 'cacert', 'the name of a file, got 0'],
    [{ shard: ['1/2'] as unknown as string }, 'shard', '"i/n", i from 1 to n and n at most 1000000, got [ \'1/2\' ]'],
    [{ header: ['Host: a', 'host: b'] }, 'header', 'one Host, got "host: b"'],
    [
      { header: ['Proxy-Authorization: a', 'proxy-authorization:b'] },
      'header',
      'one Proxy-Authorization, got "proxy-authorization:b"',
    ],
    [{ userAgent: 'a\nb' }, 'userAgent', 'text without control characters, got "a\\nb"'],
    [{ signal: {} as AbortSignal }, 'signal', 'an AbortSignal, got {}'],
    [
      { concurency: 4 } as Options,
      'concurency',
      'one of mode, concurrency, perHost, rate, perHostRate, order, unique, shard, shardBy, threads, timeout, connectTimeout, retry, maxRedirects, maxBytes, header, userAgent, compressed, head, insecure, cacert, proxy, resolve, publicOnly, signal, got "concurency"',
    ],
    [null as unknown as Options, 'options', 'an object, got null'],
  ])('%j are wrong', (options, option, problem) => {
    expect(() => resolveOptions(options)).toThrow(OptionError);
    expect(() => resolveOptions(options)).toThrow(`\`${option}\`: expected ${problem}`);
    expect(() => resolveOptions(options)).toThrow(expect.objectContaining({ name: 'OptionError', option }));
  });

  test.each([
    ['is not there', '/nowhere.pem', 'ENOENT'],
    ['is a folder', '/', 'EISDIR'],
    ['has no certificate', fixturePath('localhost-key.pem'), 'no PEM certificate in it'],
    ['has a damaged one', fixturePath('damaged.pem'), 'asn1'],
  ])('a file of roots that %s is wrong', (_, cacert, problem) => {
    expect(() => resolveOptions({ cacert })).toThrow(
      expect.objectContaining({ option: 'cacert', expected: expect.stringContaining(problem) }),
    );
  });
});

describe('the values of the command line', () => {
  test.each<[string, number]>([
    ['30', 30_000],
    ['30s', 30_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5s', 1_500],
    ['0', 0],
    ...['', 's', '1h', '-1', '1 s', '1e3', '١', '30S', 'toString', '1constructor'].map((text): [string, number] => [
      text,
      Number.NaN,
    ]),
  ])('the time %j is %d ms', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  test.each<[string, number]>([
    ['1000', 1_000],
    ['10B', 10],
    ['10kB', 10_000],
    ['10MB', 10_000_000],
    ['1GB', 1_000_000_000],
    ['1KiB', 1_024],
    ['1MiB', 1_048_576],
    ['1.5GiB', 1_610_612_736],
    ['1.1MB', 1_100_000],
    ...['', 'kB', '10k', '10kb', '1TB', '-1', '0x10'].map((text): [string, number] => [text, Number.NaN]),
  ])('the size %j is %d bytes', (text, size) => {
    expect(parseSize(text)).toBe(size);
  });

  test.each<[string, number]>([
    ['0', 0],
    ['16', 16],
    ...['', '-1', '1e9', '1.0', 'x', '0x10', ' 1', '+1'].map((text): [string, number] => [text, Number.NaN]),
  ])('the count %j is %d', (text, count) => {
    expect(parseCount(text)).toBe(count);
  });
});
