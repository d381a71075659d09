import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bins, quantile, shares } from '../../src/reporters/html/bins.js';
import { commonOrigin, shown, size, tick, time, under } from '../../src/reporters/html/format.js';
import { inFlight, meanInFlight, peak } from '../../src/reporters/html/in-flight.js';
import { filtered, type SortKey, sorted } from '../../src/reporters/html/order.js';
import { bounds, named, PHASES, type Row } from '../../src/reporters/html/rows.js';
import { ticks } from '../../src/reporters/html/ticks.js';
import { pageRow } from '../../src/reporters/html/wire.js';
import type { FetchResult } from '../../src/types.js';
import { answered, failed } from '../helpers/rows.js';

const rowOf = (row: FetchResult): Row => named(pageRow(row));

/** A row from one time to another, its request written and answered on the way. */
const flight = (start: number, request: number, response: number, end: number, index = 0): Row =>
  rowOf(answered({ index, startTime: start, requestStart: request, responseStart: response, duration: end - start }));

describe('a row', () => {
  test('has its phases one behind the other', () => {
    const row = rowOf(answered());
    expect(PHASES.map((phase) => bounds(row, phase))).toEqual([
      [0.5, 1.25],
      [1.25, 2],
      [2, 3.625],
    ]);
  });

  test.each([
    ['no request', failed({ startTime: 1, duration: 4 }), [1, 5, 5, 5]],
    ['no answer', failed({ startTime: 1, requestStart: 2, duration: 4 }), [1, 2, 5, 5]],
    ['nothing at all', failed({ startTime: 1, duration: 0 }), [1, 1, 1, 1]],
    [
      'times that go backwards',
      answered({ startTime: 3, requestStart: 1, responseStart: 9, duration: 2 }),
      [3, 3, 5, 5],
    ],
  ] as const)('of which there was %s is whole too', (_, result, times) => {
    const { start, request, response, end } = rowOf(result);
    expect([start, request, response, end]).toEqual(times);
  });
});

describe('in flight', () => {
  const rows = [flight(0, 1, 3, 4), flight(1, 2, 3.5, 4), flight(4, 4, 6, 8)];

  test('is the mean over each part of the time', () => {
    expect([...inFlight(rows, 'waiting', 8, 4)]).toEqual([0.5, 1.25, 1, 0]);
    expect([...inFlight(rows, 'before', 8, 2)]).toEqual([0.5, 0]);
    expect([...inFlight(rows, 'receiving', 8, 8)]).toEqual([0, 0, 0, 1.5, 0, 0, 1, 1]);
  });

  test('adds up to the time that all rows took, whatever the parts', () => {
    const time = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(time, time, time, time)), fc.integer({ min: 1, max: 50 }), (times, count) => {
        const flights = times.map((four) => {
          const [a = 0, b = 0, c = 0, d = 0] = four.toSorted((x, y) => x - y);
          return flight(a, b, c, d);
        });
        let sum = 0;
        for (const phase of PHASES)
          for (const mean of inFlight(flights, phase, 1000, count)) sum += mean * (1000 / count);
        expect(sum).toBeCloseTo(
          flights.reduce((all, { start, end }) => all + end - start, 0),
          5,
        );
      }),
    );
  });

  test('is most where most overlap; who ends when another starts does not', () => {
    expect(peak(rows)).toBe(2);
    expect(peak([flight(0, 0, 0, 1), flight(1, 1, 1, 2)])).toBe(1);
    expect(peak([])).toBe(0);
    expect(meanInFlight(rows, 8)).toBe(11 / 8);
    expect(meanInFlight([], 0)).toBe(0);
  });
});

describe('the bins', () => {
  test('grow where values are far apart, and have one for 0', () => {
    expect(bins([0, 3, 4000])).toEqual(
      [0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].flatMap((to, i, all) =>
        i === 0 ? [] : [{ from: all[i - 1], to }],
      ),
    );
  });

  test('are equal where they are near', () => {
    expect(bins([505, 512, 531]).map(({ from }) => from)).toEqual([500, 510, 520, 530]);
  });

  test('of nothing are none, of zeros one', () => {
    expect(bins([])).toEqual([]);
    expect(bins([0, 0])).toEqual([{ from: 0, to: 1 }]);
  });

  test('hold every value, each in the bin whose bounds it is between', () => {
    const value = fc.oneof(
      fc.constant(0),
      fc.double({ min: 0.001, max: 1e12, noNaN: true }),
      fc.integer({ min: 1, max: 1e9 }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const scale = bins(values);
        expect(scale.length).toBeLessThan(60);
        for (const value of values) {
          const [share] = scale.flatMap((bin, i) => (shares([value], scale, () => 1)[i] === 1 ? [bin] : []));
          expect(share?.from).toBeLessThanOrEqual(value);
          expect(share?.to).toBeGreaterThan(value);
        }
        const sum = shares(values, scale, () => 1).reduce((all, share) => all + share, 0);
        expect(sum).toBeCloseTo(1);
      }),
    );
  });

  test('have shares by weight', () => {
    expect(shares([1, 1, 98], bins([1, 1, 98]), (value) => value).filter((share) => share > 0)).toEqual([0.02, 0.98]);
  });

  test('have quantiles beside them', () => {
    expect([0, 0.5, 0.95, 1].map((share) => quantile([1, 2, 3, 4], share))).toEqual([1, 2, 4, 4]);
    expect(quantile([], 0.5)).toBeNull();
  });
});

describe('the order', () => {
  const rows = [
    rowOf(answered({ index: 0, url: 'http://b/', length: 5, contentType: null })),
    rowOf(failed({ index: 1, url: 'http://c/' })),
    rowOf(answered({ index: 2, url: 'http://a/', state: 'http-error', status: 500, length: 7 })),
    rowOf(answered({ index: 3, url: 'http://b/', length: 5, contentType: 'image/png' })),
  ];
  const indexes = (sorted: readonly Row[]) => sorted.map(({ index }) => index);

  test.each<[SortKey, number[], number[]]>([
    ['index', [0, 1, 2, 3], [3, 2, 1, 0]],
    ['state', [1, 2, 0, 3], [0, 3, 2, 1]],
    ['url', [2, 0, 3, 1], [1, 0, 3, 2]],
    ['length', [0, 3, 2, 1], [2, 0, 3, 1]],
    ['contentType', [3, 2, 0, 1], [2, 3, 0, 1]],
    ['duration', [0, 2, 3, 1], [1, 0, 2, 3]],
  ])('by %s has what is unknown last, either way', (key, ascending, descending) => {
    expect(indexes(sorted(rows, { key, descending: false }))).toEqual(ascending);
    expect(indexes(sorted(rows, { key, descending: true }))).toEqual(descending);
  });

  test('keeps what the filter asks for', () => {
    expect(indexes(filtered(rows, '', 'all'))).toEqual([0, 1, 2, 3]);
    expect(indexes(filtered(rows, ' HTTP://B ', 'all'))).toEqual([0, 3]);
    expect(indexes(filtered(rows, 'png', 'all'))).toEqual([3]);
    expect(indexes(filtered(rows, 'host not found', 'all'))).toEqual([1]);
    expect(indexes(filtered(rows, '', 'not-ok'))).toEqual([1, 2]);
    expect(indexes(filtered(rows, '', 'http-error'))).toEqual([2]);
    expect(indexes(filtered(rows, 'a', 'failed'))).toEqual([1]);
  });
});

describe('the text', () => {
  test('of sizes and times has three digits', () => {
    expect([0, 999, 1000, 1234, 12_345_678, 2e15].map(size)).toEqual([
      '0 B',
      '999 B',
      '1 kB',
      '1.23 kB',
      '12.3 MB',
      '2 PB',
    ]);
    expect([0, 0.1234, 12.345, 1000, 13_104].map(time)).toEqual(['0 ms', '0.123 ms', '12.3 ms', '1.00 s', '13.10 s']);
    expect([0, 500, 2500].map(tick)).toEqual(['0 s', '500 ms', '2.5 s']);
  });

  test('out of the list is short, and obeyed by nobody', () => {
    expect(shown('\u202e\u2028\x1b[2J')).toBe('\\u202e\\u2028\\x1b[2J');
    expect(shown('x'.repeat(70_000))).toHaveLength(301);
  });

  test('leaves out the origin that nearly all URLs have', () => {
    const urls = [...Array.from({ length: 8 }, (_, i) => `https://u:p@host:1/${i}`), 'https://other/', 'no URL'];
    expect(commonOrigin(urls)).toBe('https://u:p@host:1');
    expect(urls.slice(7).map((url) => under('https://u:p@host:1', url))).toEqual(['/7', 'https://other/', 'no URL']);
    expect(commonOrigin(urls.slice(6))).toBe('');
    expect(under('', '/x')).toBe('/x');
  });
});

test('the ticks are round, and as many as there is room for', () => {
  expect(ticks(0, 13_100, 7)).toEqual([0, 2000, 4000, 6000, 8000, 10_000, 12_000]);
  expect(ticks(0.5, 2.6, 5)).toEqual([0.5, 1, 1.5, 2, 2.5]);
  expect(Object.is(ticks(0, 1, 2)[0], 0)).toBe(true);
  expect(ticks(1, 1, 5)).toEqual([]);
});
