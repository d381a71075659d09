import { describe, expect, test } from 'vitest';
import { lookAhead } from '../src/lookahead.js';
import { Sight } from '../src/sight.js';
import type { Target } from '../src/types.js';

const batchOf = (...hosts: readonly string[]): Target[] =>
  hosts.map((host, index) => ({ index, url: `http://${host}/`, flaw: null }));

/** A list that tells how far it was read. */
class List implements AsyncIterable<readonly Target[]>, AsyncIterator<readonly Target[]> {
  pulled = 0;
  returned = 0;
  readonly #batches: (readonly Target[] | Error)[];
  readonly #onReturn: () => Promise<void>;

  constructor(batches: readonly (readonly Target[] | Error)[], onReturn: () => Promise<void> = async () => {}) {
    this.#batches = [...batches];
    this.#onReturn = onReturn;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly Target[]>> {
    this.pulled++;
    const batch = this.#batches.shift();
    if (batch instanceof Error) throw batch;
    return batch === undefined ? { done: true, value: undefined } : { done: false, value: batch };
  }

  async return(): Promise<IteratorResult<readonly Target[]>> {
    this.returned++;
    await this.#onReturn();
    return { done: true, value: undefined };
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('looking ahead', () => {
  test('gives every batch in turn, then the end', async () => {
    const batches = [batchOf('a', 'b'), [], batchOf('c'), batchOf('d', 'e', 'f')];
    const sight = new Sight();
    const given: (readonly Target[])[] = [];
    for await (const batch of lookAhead(new List(batches), sight)) given.push(batch);
    expect(given).toEqual(batches);
    expect(sight.ended).toBe(true);
  });

  test('sees one batch beyond that which is worked on, and no more', async () => {
    const list = new List([batchOf('a', 'b'), batchOf('c', 'd'), batchOf('e', 'f')]);
    const sight = new Sight();
    const ahead = lookAhead(list, sight);
    expect(list.pulled).toBe(0);
    expect((await ahead.next()).value).toEqual(batchOf('a', 'b'));
    await turn();
    expect(list.pulled).toBe(2);
    const has = (): boolean[] => ['a', 'b', 'c', 'd', 'e', 'f'].map((host) => sight.has(`http://${host}`));
    expect(has()).toEqual([true, true, true, true, false, false]);
    await ahead.next();
    await turn();
    expect(list.pulled).toBe(3);
    expect(has()).toEqual([true, true, true, true, true, true]);
    expect(sight.ended).toBe(false);
    await ahead.next();
    await turn();
    expect(list.pulled).toBe(4);
    expect(sight.ended).toBe(true);
  });

  test('pulls nothing behind a batch of one before that is asked for', async () => {
    const list = new List([batchOf('a'), batchOf('b'), batchOf('c')]);
    const ahead = lookAhead(list, new Sight());
    for (let pulled = 1; pulled <= 3; pulled++) {
      await ahead.next();
      await turn();
      expect(list.pulled).toBe(pulled);
    }
    expect((await ahead.next()).done).toBe(true);
  });

  test.each([1, 2])('tells an error of the list in its turn, behind a batch of %i', async (size) => {
    const error = new Error('the list broke');
    const batch = batchOf('a', 'b').slice(0, size);
    const list = new List([batch, error, batchOf('c')]);
    const ahead = lookAhead(list, new Sight());
    expect((await ahead.next()).value).toEqual(batch);
    // Nobody is told of it yet, and no promise is left alone with it.
    await turn();
    await expect(ahead.next()).rejects.toBe(error);
    expect((await ahead.next()).done).toBe(true);
    expect(list.returned).toBe(1);
  });

  test.each([1, 2])('left early, ends the list (behind a batch of %i)', async (size) => {
    const list = new List([batchOf('a', 'b').slice(0, size), batchOf('c', 'd'), batchOf('e')]);
    for await (const _ of lookAhead(list, new Sight())) break;
    expect(list.returned).toBe(1);
    expect(list.pulled).toBe(size);
  });

  test('left early, does not wait for a list that is in no hurry', async () => {
    const list = new List([batchOf('a', 'b')], () => new Promise(() => {}));
    for await (const _ of lookAhead(list, new Sight())) break;
    expect(list.returned).toBe(1);
  });

  test('left early, needs nobody to hear how the list ends', async () => {
    const list = new List([batchOf('a', 'b'), new Error('unheard')], () => Promise.reject(new Error('unheard too')));
    for await (const _ of lookAhead(list, new Sight())) break;
    await turn();
    expect(list.returned).toBe(1);
  });

  test('left early, needs no list that can be left', async () => {
    const iterator = new List([batchOf('a', 'b'), batchOf('c')]);
    const list = { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
    for await (const _ of lookAhead(list, new Sight())) break;
    expect(iterator.returned).toBe(0);
  });
});
