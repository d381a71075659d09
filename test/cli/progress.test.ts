import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { progressLine, type Snapshot } from '../../src/cli/progress.js';
import { Speedometer } from '../../src/cli/speedometer.js';
import type { Totals } from '../../src/types.js';

const totals = (overrides: Partial<Totals> = {}): Totals => ({
  urls: 12,
  ok: 12,
  httpErrors: 0,
  failed: 0,
  length: 0,
  encodedBodySize: 0,
  ...overrides,
});

const snapshot = (overrides: Partial<Snapshot> = {}): Snapshot => ({
  label: null,
  totals: totals(),
  expected: 26,
  inFlight: 16,
  elapsed: 6_100,
  speed: { urls: 2, bytes: 30_840 },
  ...overrides,
});

describe('the line of progress', () => {
  test.each([
    [
      200,
      '[##################----------------------]  12/26  12 ok  0 HTTP errors  0 failed  16 in flight  2.0 URL/s  30.8 kB/s  0:06  0:07 left',
    ],
    [80, '[####------]  12/26  12 ok  16 in flight  2.0 URL/s  30.8 kB/s  0:06  0:07 left'],
    [40, '[######-------]  12/26  0:06  0:07 left'],
    [30, '[######--------]  12/26  0:06'],
    [20, '[####------]  12/26'],
    [19, '12/26  12 ok  0:06'],
    [6, '12/26'],
    [5, '0:06'],
    [4, ''],
    [1, ''],
  ])('in %i columns', (columns, expected) => {
    expect(progressLine(snapshot(), columns, false)).toBe(expected);
  });

  test('tells failures before all else', () => {
    const bad = snapshot({ totals: totals({ ok: 9, httpErrors: 2, failed: 1 }) });
    expect(progressLine(bad, 37, false)).toBe('12/26  2 HTTP errors  1 failed  0:06');
    expect(progressLine(bad, 20, false)).toBe('12/26  1 failed');
  });

  test('has no bar, and no time left, where nobody knows how much there is', () => {
    const line = progressLine(snapshot({ expected: null }), 200, false);
    expect(line).toBe('12 done  12 ok  0 HTTP errors  0 failed  16 in flight  2.0 URL/s  30.8 kB/s  0:06');
  });

  test('tells which run it is', () => {
    expect(progressLine(snapshot({ label: 'sequential' }), 20, false)).toBe('sequential  12/26');
    expect(progressLine(snapshot({ label: 'sequential' }), 80, false)).toMatch(/^sequential {2}\[#+-+\] {2}12\/26 /);
  });

  test.each([
    [0, '0:00'],
    [59_499, '0:59'],
    [59_500, '1:00'],
    [3_599_000, '59:59'],
    [3_600_000, '1:00:00'],
    [360_061_000, '100:01:01'],
  ])('shows %i ms as %s', (elapsed, expected) => {
    expect(progressLine(snapshot({ elapsed, expected: null, speed: null }), 200, false)).toMatch(
      new RegExp(` ${expected}$`),
    );
  });

  test.each([
    [0, '0.0 B/s'],
    [999, '999 B/s'],
    [1000, '1.0 kB/s'],
    [99_960, '100 kB/s'],
    [2_500_000, '2.5 MB/s'],
    [3e15, '3000 TB/s'],
  ])('shows %i bytes a second as %s', (bytes, expected) => {
    expect(progressLine(snapshot({ speed: { urls: 1, bytes } }), 200, false)).toContain(`  ${expected}  `);
  });

  test('says no time left as long as nothing is done', () => {
    expect(progressLine(snapshot({ speed: { urls: 0, bytes: 0 } }), 200, false)).not.toContain('left');
  });

  test('is in colour where there is something to see', () => {
    const bad = snapshot({ totals: totals({ failed: 1, httpErrors: 1 }) });
    expect(progressLine(bad, 80, true)).toContain('\x1b[31m1 failed\x1b[39m');
    expect(stripVTControlCharacters(progressLine(bad, 80, true))).toBe(progressLine(bad, 80, false));
    expect(progressLine(snapshot(), 200, true)).not.toContain('\x1b');
  });

  test('never wraps, whatever there is to tell and however narrow it is', () => {
    const count = fc.nat({ max: 10 ** 9 });
    const any = fc.record({
      label: fc.constantFrom(null, 'sequential', 'concurrent'),
      totals: fc.record({
        urls: count,
        ok: count,
        httpErrors: count,
        failed: count,
        length: count,
        encodedBodySize: count,
      }),
      expected: fc.option(count),
      inFlight: count,
      elapsed: fc.double({ min: 0, max: 1e10, noNaN: true }),
      speed: fc.option(
        fc.record({
          urls: fc.double({ min: 0, max: 1e6, noNaN: true }),
          bytes: fc.double({ min: 0, max: 1e18, noNaN: true }),
        }),
      ),
    });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 250 }), (state, columns) => {
        const line = progressLine(state, columns, false);
        // Printable ASCII: no character takes more or less than a column.
        expect(line).toMatch(/^[ -~]*$/);
        expect(line.length).toBeLessThan(columns);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('speed', () => {
  test('is not told before there is one', () => {
    const speedometer = new Speedometer(totals({ urls: 5 }));
    expect(speedometer.measure(499, totals({ urls: 9 }))).toBeNull();
    expect(speedometer.measure(500, totals({ urls: 9, encodedBodySize: 100 }))).toEqual({ urls: 8, bytes: 200 });
  });

  test('is that of late, and takes no more room the longer it goes on', () => {
    const speedometer = new Speedometer(totals({ urls: 0 }));
    // Ten a second for a minute, then one a second.
    for (let time = 0; time <= 60_000; time += 100) speedometer.measure(time, totals({ urls: time / 100 }));
    expect(speedometer.measure(60_000, totals({ urls: 600 }))?.urls).toBeCloseTo(10, 1);
    for (let time = 60_000; time <= 90_000; time += 100) {
      speedometer.measure(time, totals({ urls: 600 + (time - 60_000) / 1000 }));
    }
    expect(speedometer.measure(90_000, totals({ urls: 630 }))?.urls).toBeCloseTo(1, 1);
  });
});
