import { describe, expect, test } from 'vitest';
import { inColour, redraws } from '../../src/cli/terminal.js';

describe('colour', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { TERM: 'xterm' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, false],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [true, { FORCE_COLOR: '1', TERM: 'dumb' }, true],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [true, { CI: 'true' }, true],
  ])('terminal: %s, %j: %s', (isTTY, env, expected) => {
    expect(inColour({ isTTY }, env)).toBe(expected);
  });
});

describe('a line that is drawn again and again', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'dumb' }, false],
    [true, { CI: 'true' }, false],
    [true, { CI: '' }, true],
    [true, { NO_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '1' }, false],
  ])('terminal: %s, %j: %s', (isTTY, env, expected) => {
    expect(redraws({ isTTY }, env)).toBe(expected);
  });
});
