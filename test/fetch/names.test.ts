import dns from 'node:dns';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Names } from '../../src/fetch/names.js';
import { fetchLengths } from '../../src/index.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { rawServer, response } from '../helpers/raw-server.js';

const LIFE = 30_000;
const MAX_NAMES = 4096;

type Told = string[] | string;
type Done = (error: NodeJS.ErrnoException | null, found?: dns.LookupAddress[]) => void;

/** Look-ups that have not been answered yet: the system's resolver cannot be given a name server of our own. */
let asked: { readonly name: string; readonly done: Done }[] = [];

/** How often each name was looked up. */
let counts: Record<string, number> = {};

beforeEach(() => {
  asked = [];
  counts = {};
  const { lookup: real } = dns;
  const lookup = (name: string, options: dns.LookupAllOptions, done: Done): void => {
    if (!name.endsWith('.test')) {
      (real as (...args: unknown[]) => unknown)(name, options, done);
      return;
    }
    expect(options).toEqual({ all: true });
    counts[name] = (counts[name] ?? 0) + 1;
    asked.push({ name, done });
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
});

afterEach(() => vi.restoreAllMocks());

/** Answers the oldest look-up, with addresses or an error's code. */
function answer(...outcome: string[]): void {
  const { done } = asked.shift() as (typeof asked)[number];
  if (outcome[0]?.startsWith('E')) {
    done(Object.assign(new Error('look-up failed'), { code: outcome[0] }));
  } else {
    done(
      null,
      outcome.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }
}

/** Asks; gives what one is told, in time. */
function find(names: Names, name: string): Told[] {
  const told: Told[] = [];
  names.find(name, (error, addresses) => {
    told.push(error === null ? [...addresses] : String((error as NodeJS.ErrnoException).code));
  });
  return told;
}

function pass(clock: FakeClock, time: number): void {
  clock.after(time, () => {});
  clock.ring();
}

describe('a look-up', () => {
  test('is shared by those who ask meanwhile, and told to each once', () => {
    const names = new Names(new FakeClock());
    const told = Array.from({ length: 5 }, () => find(names, 'a.test'));
    const other = find(names, 'b.test');
    expect(counts).toEqual({ 'a.test': 1, 'b.test': 1 });
    expect(told).toEqual(Array(5).fill([]));
    answer('192.0.2.1');
    expect(told).toEqual(Array(5).fill([['192.0.2.1']]));
    expect(other).toEqual([]);
    answer('192.0.2.2');
    expect(other).toEqual([['192.0.2.2']]);
    expect(told).toEqual(Array(5).fill([['192.0.2.1']]));
  });

  test('is good for half a minute', () => {
    const clock = new FakeClock();
    const names = new Names(clock);
    find(names, 'a.test');
    pass(clock, 5_000);
    // It counts from the answer.
    answer('192.0.2.1');
    pass(clock, LIFE - 1);
    expect(find(names, 'a.test')).toEqual([['192.0.2.1']]);
    expect(counts).toEqual({ 'a.test': 1 });
    pass(clock, 1);
    const told = find(names, 'a.test');
    expect(told).toEqual([]);
    answer('192.0.2.9');
    expect(told).toEqual([['192.0.2.9']]);
    expect(counts).toEqual({ 'a.test': 2 });
  });

  test('that fails is remembered too', () => {
    const clock = new FakeClock();
    const names = new Names(clock);
    const told = [find(names, 'a.test'), find(names, 'a.test')];
    answer('ENOTFOUND');
    expect(told).toEqual([['ENOTFOUND'], ['ENOTFOUND']]);
    expect(find(names, 'a.test')).toEqual(['ENOTFOUND']);
    expect(counts).toEqual({ 'a.test': 1 });
    pass(clock, LIFE);
    const again = find(names, 'a.test');
    answer('192.0.2.1');
    expect(again).toEqual([['192.0.2.1']]);
  });

  test('that fails for now is made again', () => {
    const names = new Names(new FakeClock());
    const told = [find(names, 'a.test'), find(names, 'a.test')];
    answer('EAI_AGAIN');
    expect(told).toEqual([['EAI_AGAIN'], ['EAI_AGAIN']]);
    const again = find(names, 'a.test');
    expect(again).toEqual([]);
    answer('192.0.2.1');
    expect(again).toEqual([['192.0.2.1']]);
    expect(counts).toEqual({ 'a.test': 2 });
  });

  test('may be asked for by whoever is told of it', () => {
    const names = new Names(new FakeClock());
    const told: Told[][] = [];
    names.find('a.test', () => told.push(find(names, 'a.test')));
    names.find('a.test', () => told.push(find(names, 'a.test')));
    answer('192.0.2.1');
    expect(told).toEqual([[['192.0.2.1']], [['192.0.2.1']]]);
    names.find('b.test', () => told.push(find(names, 'b.test')));
    answer('EAI_AGAIN');
    expect(told[2]).toEqual([]);
    answer('192.0.2.2');
    expect(told[2]).toEqual([['192.0.2.2']]);
  });

  test('gives both families in turn, the first as the system has it', () => {
    const names = new Names(new FakeClock());
    const told = find(names, 'a.test');
    answer('2001:db8::1', '2001:db8::2', '2001:db8::3', '192.0.2.1');
    expect(told).toEqual([['2001:db8::1', '192.0.2.1', '2001:db8::2', '2001:db8::3']]);
  });
});

describe('of many names', () => {
  test(`the last ${MAX_NAMES} are remembered`, () => {
    const names = new Names(new FakeClock());
    for (let i = 0; i <= MAX_NAMES; i++) {
      find(names, `${i}.test`);
      answer('192.0.2.1');
    }
    for (let i = 1; i <= MAX_NAMES; i++) expect(find(names, `${i}.test`)).toHaveLength(1);
    expect(asked).toEqual([]);
    expect(find(names, '0.test')).toEqual([]);
    expect(counts['0.test']).toBe(2);
  });

  test('one that is looked up anew is the youngest', () => {
    const clock = new FakeClock();
    const names = new Names(clock);
    find(names, '0.test');
    answer('192.0.2.1');
    pass(clock, LIFE);
    for (let i = 1; i < MAX_NAMES; i++) {
      find(names, `${i}.test`);
      answer('192.0.2.1');
    }
    find(names, '0.test');
    answer('192.0.2.1');
    find(names, 'one-more.test');
    answer('192.0.2.1');
    expect(find(names, '0.test')).toHaveLength(1);
    expect(find(names, '1.test')).toEqual([]);
  });

  test('those that are waited for are never forgotten', () => {
    const names = new Names(new FakeClock());
    const first = Array.from({ length: 5_000 }, (_, i) => find(names, `${i}.test`));
    // Had it been forgotten, it would be looked up once more.
    const second = Array.from({ length: 5_000 }, (_, i) => find(names, `${i}.test`));
    expect(asked).toHaveLength(5_000);
    for (let i = 0; i < 5_000; i++) answer(`192.0.2.${i % 256}`);
    for (let i = 0; i < 5_000; i++) {
      expect(first[i]).toEqual([[`192.0.2.${i % 256}`]]);
      expect(second[i]).toEqual(first[i]);
    }
  });
});

test('a name of many URLs is looked up once', async () => {
  const server = await rawServer(response('hello', ['Connection: close']));
  const urls = Array.from({ length: 50 }, (_, i) => `http://name.test:${server.port}/${i}`);
  const report = fetchLengths(urls, { concurrency: 10 });
  await vi.waitUntil(() => asked.length > 0);
  answer('127.0.0.1');
  expect((await report).totals).toMatchObject({ urls: 50, ok: 50, length: 250 });
  expect(counts).toEqual({ 'name.test': 1 });
  expect(server.requests.every((request) => request.includes(`host: name.test:${server.port}`))).toBe(true);
});

test('a name that does not exist is a failure of each of its URLs, and asked for once', async () => {
  const report = fetchLengths(Array(20).fill('http://name.test/'), { concurrency: 3 });
  await vi.waitUntil(() => asked.length > 0);
  answer('ENOTFOUND');
  const { results } = await report;
  expect(results.map(({ error, attempts }) => [error?.code, error?.cause, attempts])).toEqual(
    Array(20).fill(['dns', 'ENOTFOUND', 1]),
  );
  expect(counts).toEqual({ 'name.test': 1 });
});

test('names are those of the system, /etc/hosts too', async () => {
  vi.restoreAllMocks();
  const server = await rawServer(response('hello'));
  const { results } = await fetchLengths([`http://localhost:${server.port}/`]);
  expect(results).toMatchObject([{ state: 'ok', length: 5 }]);
  expect(server.requests[0]).toContain(`host: localhost:${server.port}`);
});
