import { expect, test } from 'vitest';
import { didYouMean } from '../../src/cli/suggestion.js';

const FORMATS = ['text', 'json', 'ndjson', 'csv'];

test.each([
  ['jsno', 'json'],
  ['njson', 'json'],
  ['ndjsn', 'ndjson'],
  ['ndjsonl', 'ndjson'],
  ['txt', 'text'],
  ['cvs', 'csv'],
  ['vcs', ''],
  ['csw', 'csv'],
  ['xml', ''],
  ['', ''],
  ['\u{1f600}xml', ''],
  ['\ud800son', 'json'],
  ['__proto__', ''],
])('%j was meant as %j', (value, meant) => {
  expect(didYouMean(value, FORMATS)).toBe(meant === '' ? '' : ` (Did you mean ${meant}?)`);
});

test('the first of those that are equally near is named', () => {
  expect(didYouMean('aa', ['ab', 'ba'])).toBe(' (Did you mean ab?)');
});
