import { describe, expect, test } from 'vitest';
import { Timeline } from '../../src/reporters/timeline.js';
import type { FetchResult } from '../../src/types.js';
import { answered, failed, runOf } from '../helpers/rows.js';

/** The bars of rows, each from when and for how long, in milliseconds. */
function bars(times: readonly (readonly [startTime: number, duration: number])[], concurrency: number): string[] {
  const timeline = new Timeline();
  const run = runOf([], { concurrency, expected: times.length, duration: 0 });
  return times.map(([startTime, duration]) => timeline.bar(answered({ startTime, duration }), run, 24));
}

const demo = (concurrency: number) =>
  bars(
    Array.from({ length: 26 }, (_, i) => [500 * Math.floor(i / concurrency), 500] as const),
    concurrency,
  );

describe('the bars of the demo site', () => {
  test('are a staircase one after the other', () => {
    const stairs = demo(1);
    const starts = stairs.map((bar) => bar.search(/\S/));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(new Set(starts).size).toBeGreaterThan(20);
    expect([stairs[0], stairs[25]]).toEqual(['█', `${' '.repeat(21)}█`]);
  });

  test('are a stack all at once', () => {
    expect(new Set(demo(26))).toEqual(new Set(['█'.repeat(22)]));
  });

  test('are two stacks with fewer slots than pages', () => {
    const stacks = demo(16);
    expect(new Set(stacks.slice(0, 16))).toEqual(new Set(['█'.repeat(11)]));
    expect(new Set(stacks.slice(16))).toEqual(new Set([`${' '.repeat(11)}${'█'.repeat(11)}`]));
  });
});

describe('a bar', () => {
  const run = runOf([], { concurrency: 1, duration: 0 });

  test('is drawn in halves of a column', () => {
    const timeline = new Timeline();
    const bar = (startTime: number, duration: number) => timeline.bar(answered({ startTime, duration }), run, 11);
    // 110 ms wide, and so 5 ms for a half.
    expect(bar(0, 100)).toBe('██████████');
    expect(bar(0, 5)).toBe('▌');
    expect(bar(5, 5)).toBe('▐');
    expect(bar(5, 10)).toBe('▐▌');
    expect(bar(100, 0)).toBe('          ▌');
    expect(bar(12, 0.01)).toBe(' ▌');
  });

  test('that would be too long halves the scale', () => {
    const timeline = new Timeline();
    const bar = (startTime: number, duration: number) => timeline.bar(answered({ startTime, duration }), run, 11);
    expect(bar(0, 100)).toBe('██████████');
    expect(bar(0, 111)).toBe('█████▌');
    expect(bar(0, 100)).toBe('█████');
    expect(bar(800, 80)).toMatch(/^ {10}█$/);
  });

  test('of a recorded run has the scale of the whole', () => {
    const recorded = runOf([], { concurrency: 1, duration: 1000 });
    expect(new Timeline().bar(answered({ startTime: 0, duration: 100 }), recorded, 10)).toBe('█');
  });

  test('is there however short a URL took, and none where none was asked for', () => {
    const timeline = new Timeline();
    expect(timeline.bar(failed({ attempts: 0, startTime: 0, duration: 0 }), run, 10)).toBe('');
    expect(timeline.bar(answered({ startTime: 0, duration: 0 }), run, 10)).toBe('▌');
  });

  test('is never longer than its room', () => {
    const timeline = new Timeline();
    const rows: FetchResult[] = [3, 1000, 4, 77_777, 5].map((startTime) =>
      answered({ startTime, duration: startTime }),
    );
    for (const row of rows) expect(timeline.bar(row, run, 10).length).toBeLessThanOrEqual(10);
  });
});
