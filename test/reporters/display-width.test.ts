import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fit } from '../../src/reporters/display-width.js';

describe('a text of a width', () => {
  test.each([
    ['plain', 5],
    ['caf\u00e9', 4],
    // The same letter in two parts.
    ['cafe\u0301', 4],
    ['\u65e5\u672c', 4],
    ['\ud55c\uad6d', 4],
    ['\u30ab\u30bf', 4],
    // Half-width katakana, full-width Latin.
    ['\uff76\uff80', 2],
    ['\uff21\uff22', 4],
    ['\u{1f600}', 2],
    ['\u{20000}', 2],
    ['a\u200db', 2],
    ['\ud800', 1],
    ['', 0],
  ])('%j takes %i columns', (text, columns) => {
    expect(fit(text, 100)).toEqual({ text, columns });
    expect(fit(text, columns)).toEqual({ text, columns });
  });

  test.each([
    ['abcdef', 6, 'abcdef', 6],
    ['abcdef', 5, 'abcd…', 5],
    ['abcdef', 1, '…', 1],
    // Half of a wide character is none.
    ['\u65e5\u672c\u8a9e', 5, '\u65e5\u672c…', 5],
    ['\u65e5\u672c\u8a9e', 4, '\u65e5…', 3],
    ['\u{1f600}\u{1f600}', 3, '\u{1f600}…', 3],
    ['abe\u0301f', 3, 'ab…', 3],
  ])('%j in %i columns is %j', (text, columns, expected, taken) => {
    expect(fit(text, columns)).toEqual({ text: expected, columns: taken });
  });

  test('is never wider than asked for, and cut only if it must be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        const shown = fit(text, columns);
        expect(shown.columns).toBeLessThanOrEqual(columns);
        expect(fit(shown.text, 1000).columns).toBe(shown.columns);
        expect(shown.text === text).toBe(fit(text, 1000).columns <= columns);
      }),
      { numRuns: 1000 },
    );
  });
});
