import { describe, expect, test } from 'vitest';
import { backOff, retryAfter } from '../../src/pacing/back-off.js';
import { Holds } from '../../src/pacing/holds.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('back-off', () => {
  test.each([
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [6, 16_000],
    [7, 30_000],
    [2_000, 30_000],
  ])('after attempt %i is anything up to %i ms', (attempts, most) => {
    expect([0, 0.25, 1].map((chance) => backOff(attempts, () => chance))).toEqual([0, most / 4, most]);
  });
});

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    ['9'.repeat(400), Number.POSITIVE_INFINITY],
    ['Fri, 02 Jan 2026 03:04:08 GMT', 3_000],
    ['Friday, 02-Jan-26 03:04:08 GMT', 3_000],
    ['Fri Jan  2 03:04:08 2026', 3_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    ...[
      null,
      '',
      ' ',
      '-1',
      '1.5',
      '+1',
      '1e3',
      '2026-01-02T03:04:08Z',
      'Fri, 99 Jan 2026 03:04:08 GMT',
      'soon',
      '١',
    ].map((field): [string | null, null] => [field, null]),
  ])('%j asks for %d ms', (field, wait) => {
    expect(retryAfter(field, NOW)).toBe(wait);
  });
});

describe('held hosts', () => {
  test('are held until the latest time that they asked for', () => {
    const holds = new Holds();
    expect(holds.until('http://a')).toBe(0);
    holds.hold('http://a', 500, 0);
    holds.hold('http://a', 300, 0);
    expect(holds.until('http://a')).toBe(500);
    expect(holds.until('http://b')).toBe(0);
  });

  test('are forgotten once they are free', () => {
    const holds = new Holds();
    for (let i = 0; i < 1024; i++) holds.hold(`http://${i}`, 100, 0);
    holds.hold('http://last', 200, 150);
    expect(holds.until('http://0')).toBe(0);
    expect(holds.until('http://last')).toBe(200);
  });
});
