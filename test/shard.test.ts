import { describe, expect, test } from 'vitest';
import { resolveOptions } from '../src/options.js';
import { isOf, parseShard, partOf, type Shard } from '../src/shard.js';
import { toLine } from '../src/targets.js';
import type { ShardBy } from '../src/types.js';

const partsOf = (parts: number, by: ShardBy = 'host'): Shard[] =>
  Array.from({ length: parts }, (_, i) => parseShard(`${i + 1}/${parts}`, by));

/** Those that a line is of. */
const found = (line: string, shards: readonly Shard[]): number[] =>
  shards.filter((shard) => isOf(shard, { index: 0, ...toLine(line) })).map(({ part }) => part);

/** `printf %s HOST | sha256sum | cut -c 1-8`, and what that is modulo 2, 10 and 1000, plus 1. */
const VECTORS = [
  ['http://example.com/', 'a379a6f6', 1, 7, 807],
  ['https://EXAMPLE.com:8443/other?path', 'a379a6f6', 1, 7, 807],
  ['http://www.example.com/', '80fc0fb9', 2, 6, 746],
  ['http://127.0.0.1/', '12ca17b4', 1, 9, 229],
  ['http://2130706433/', '12ca17b4', 1, 9, 229],
  ['http://[0:0::1]:8080/', '6d16ab69', 2, 8, 218],
  ['http://bücher.example/', '970ca6b7', 2, 8, 728],
  ['not a url', 'd8b5bf9b', 2, 4, 724],
] as const;

describe('a part of the list', () => {
  test.each(VECTORS)('has %s by the hash %s', (line, hash, of2, of10, of1000) => {
    const number = Number.parseInt(hash, 16);
    expect([of2, of10, of1000]).toEqual([2, 10, 1000].map((parts) => (number % parts) + 1));
    for (const [parts, part] of [
      [2, of2],
      [10, of10],
      [1000, of1000],
    ] as const) {
      expect(found(line, partsOf(parts))).toEqual([part]);
    }
  });

  test('is as large as any other', () => {
    const sizes = partsOf(10).map(() => 0);
    for (let i = 0; i < 100_000; i++) {
      const part = partOf({ index: i, url: `http://host-${i}.example/`, flaw: null }, 10, 'host');
      sizes[part - 1] = (sizes[part - 1] ?? 0) + 1;
    }
    for (const size of sizes) expect(Math.abs(size - 10_000)).toBeLessThan(500);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(100_000);
  });

  test('has all of a host, or only equal URLs', () => {
    const lines = Array.from({ length: 100 }, (_, i) => `http://host.example:${i + 1}/${i}`);
    const spread = (by: ShardBy): number => new Set(lines.flatMap((line) => found(line, partsOf(4, by)))).size;
    expect(spread('host')).toBe(1);
    expect(spread('url')).toBe(4);
  });

  test('of one is the whole list', () => {
    expect(found('http://host/', partsOf(1))).toEqual([1]);
    expect(found('no URL', partsOf(1))).toEqual([1]);
  });

  test.each(['0/4', '5/4', '1/0', '1', '1/', '/4', 'a/b', '1/4/4', '-1/4', '1.5/4', ' 1/4', '1/1000001', 'auto', ''])(
    'is not %j',
    (text) => {
      expect(() => resolveOptions({ shard: text })).toThrow(`\`shard\`: expected "i/n"`);
    },
  );

  test('goes by nothing else than host or URL', () => {
    expect(() => resolveOptions({ shard: '1/2', shardBy: 'path' as 'host' })).toThrow('host or url, got "path"');
  });
});
