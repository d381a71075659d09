import { describe, expect, test } from 'vitest';
import { ResultMap, WINDOW } from '../src/results.js';
import type { FetchResult } from '../src/types.js';

const row = (index: number): FetchResult => ({ index, url: '' }) as FetchResult;

async function indexes(results: ResultMap): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const batch of results.batches()) batches.push(batch.map(({ index }) => index));
  return batches;
}

describe('the result map', () => {
  test('gives rows in the order of their places, each as soon as none before it is missing', async () => {
    const results = new ResultMap('input');
    const places = [0, 1, 2, 3].map(() => results.reserve(''));
    const batches = results.batches();
    results.set(places[1] as number, row(1));
    results.set(places[0] as number, row(0));
    expect((await batches.next()).value).toEqual([row(0), row(1)]);
    results.set(places[3] as number, row(3));
    const next = batches.next();
    results.set(places[2] as number, row(2));
    expect((await next).value).toEqual([row(2), row(3)]);
    results.close();
    expect((await batches.next()).done).toBe(true);
  });

  test('gives rows as they come if asked to', async () => {
    const results = new ResultMap('completion');
    const places = [0, 1, 2].map(() => results.reserve(''));
    for (const index of [2, 0, 1]) results.set(places[index] as number, row(index));
    results.close();
    expect((await indexes(results)).flat()).toEqual([2, 0, 1]);
  });

  test.each(['input', 'completion'] as const)('passes over places that are to have no row (%s)', async (order) => {
    const results = new ResultMap(order);
    const places = [0, 1, 2].map(() => results.reserve(''));
    for (const index of [2, 0]) results.set(places[index] as number, row(index));
    results.set(places[1] as number, null);
    results.close();
    expect((await indexes(results)).flat().toSorted((a, b) => a - b)).toEqual([0, 2]);
  });

  test('ends only when every reserved place has its row', async () => {
    const results = new ResultMap('input');
    const place = results.reserve('');
    results.close();
    const all = indexes(results);
    results.set(place, row(0));
    expect(await all).toEqual([[0]]);
  });

  test('lets 65,536 rows wait for an earlier one, and then nothing new start', async () => {
    const results = new ResultMap('input');
    const first = results.reserve('');
    let waiting = 0;
    while (!results.full) results.set(results.reserve(''), row(++waiting));
    expect(waiting).toBe(65_536);

    let admitted = false;
    const room = results.room().then(() => {
      admitted = true;
    });
    results.set(first, row(0));
    expect(admitted).toBe(false);
    const all = indexes(results);
    await room;
    results.close();
    expect((await all).flat()).toEqual(Array.from({ length: WINDOW + 1 }, (_, index) => index));
  });

  test('goes round its ring more than once', async () => {
    const results = new ResultMap('input');
    const all = indexes(results);
    const count = 3 * WINDOW;
    for (let index = 0; index < count; index++) {
      if (results.full) await results.room();
      results.set(results.reserve(''), row(index));
    }
    results.close();
    expect((await all).flat()).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  test.each(['input', 'completion'] as const)('is full when its reader lags behind (%s)', async (order) => {
    const results = new ResultMap(order);
    let started = 0;
    while (!results.full) results.set(results.reserve(''), row(started++));
    expect(started).toBe(1024);
    const batches = results.batches();
    expect((await batches.next()).value).toHaveLength(1024);
    expect(results.full).toBe(false);
  });

  test('is full when the URLs in it are too long to be many', () => {
    const results = new ResultMap('input');
    results.reserve('');
    const url = 'x'.repeat(65_536);
    let waiting = 0;
    while (!results.full) results.set(results.reserve(url), { ...row(++waiting), url });
    expect(waiting).toBe(1025);
  });

  test('gives no batch that is too long to be one text', async () => {
    const results = new ResultMap('input');
    const first = results.reserve('');
    for (let index = 1; index < 3000; index++) results.set(results.reserve(''), row(index));
    results.set(first, row(0));
    results.close();
    expect((await indexes(results)).map(({ length }) => length)).toEqual([1024, 1024, 952]);
  });

  test('closed, lets whoever waits for room go', async () => {
    const results = new ResultMap('completion');
    while (!results.full) results.set(results.reserve(''), row(0));
    const room = results.room();
    results.close();
    await room;
    expect(results.closed).toBe(true);
  });
});
