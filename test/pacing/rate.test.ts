import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextStart, parseRate } from '../../src/pacing/rate.js';

describe('a rate', () => {
  test.each([
    ['5/s', 200],
    ['0.5/s', 2_000],
    ['90/m', 60_000 / 90],
    ['1000/h', 3_600],
    ['5000/s', 0.2],
    ['007/s', 1_000 / 7],
  ])('%s is %d ms from one to the next', (text, interval) => {
    expect(parseRate(text)).toBe(interval);
  });

  test.each([
    '',
    '5',
    '/s',
    '5/',
    '5/d',
    '5/S',
    '5 /s',
    ' 5/s',
    '-5/s',
    '+5/s',
    '1e3/s',
    '.5/s',
    '5./s',
    '0/s',
    '0.0/h',
  ])('%j is none', (text) => {
    expect(parseRate(text)).toBeNaN();
  });

  test('that no number can hold is none', () => {
    expect(parseRate(`${'9'.repeat(400)}/s`)).toBeNaN();
  });
});

describe('the next start', () => {
  test('at a rate that timers can follow is never closer than the interval, however late the last one was', () => {
    expect(nextStart(1_000, 1_000, 200)).toBe(1_200);
    expect(nextStart(1_000, 1_150, 200)).toBe(1_350);
    expect(nextStart(0, 5, 10)).toBe(15);
  });

  test('at a higher one makes up for a timer that was late, but for no more', () => {
    expect(nextStart(1_000, 1_004, 1)).toBeCloseTo(1_001.01);
    expect(nextStart(1_000, 3_000, 1)).toBeCloseTo(2_991.01);
  });

  // The way it is in a run: whoever is late by any time starts the next, and so on.
  const lateness = fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 50 });

  test.each([1, 4, 60, 101, 150, 1_000, 5_000])('at %i/s no second has more than its share', (rate) => {
    const interval = parseRate(`${rate}/s`);
    fc.assert(
      fc.property(lateness, (lates) => {
        const starts: number[] = [];
        let due = 0;
        for (let i = 0; starts.length < 3 * rate; i++) {
          const now = Math.max(due, starts.at(-1) ?? 0) + (i % 7 === 0 ? (lates[i % lates.length] as number) : 0);
          starts.push(now);
          due = nextStart(due, now, interval);
        }
        const spans = starts.slice(rate).map((time, i) => time - (starts[i] as number));
        expect(Math.min(...spans)).toBeGreaterThanOrEqual(1_000 - 1e-6);
      }),
      { numRuns: 30 },
    );
  });

  test.each([101, 1_000, 5_000])('at %i/s timers that ring every 8 ms cost it no more than a hundredth', (rate) => {
    const interval = parseRate(`${rate}/s`);
    let due = 0;
    let count = 0;
    for (let now = 0; now < 10_000; now += 8) {
      for (; due <= now; count++) due = nextStart(due, now, interval);
    }
    expect(count).toBeLessThanOrEqual(10 * rate);
    expect(count).toBeGreaterThanOrEqual(9.89 * rate);
  });
});
