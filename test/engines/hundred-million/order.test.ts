import { describe, expect, test } from 'vitest';
import { hostSizes } from '../../../bench/workloads/skew.mjs';
import { MAX_OPEN, WINDOW } from '../../../src/results.js';
import type { Order } from '../../../src/types.js';
import { CRAWL, MACHINES, PER_HOST } from './crawl.js';
import { hours, markdown } from './markdown.js';
import { hostAfterHost, inNoOrder } from './orders.js';
import { runVirtually } from './virtual-run.js';
import { lengthInOrder } from './window.js';

/** What the real scheduler goes through: one host in so many, some 240,000 URLs. */
const SPARSE = 400;

/** Of one URL, in seconds. */
const TIME = 0.2;

/** By how much the real scheduler may differ, which has slots and a start and an end: 1.1 % was the most. */
const TOLERANCE = 0.02;

/** Another one makes another order. */
const SEED = Number(process.env['SEED'] ?? 1);

/** How many URLs may be open: what is beyond the limit is counted, so one more. */
const OPEN = { input: WINDOW + 1, completion: MAX_OPEN + 1 };

const WINDOWS = [OPEN.input, OPEN.completion, 4 * OPEN.completion];

/** The lists that there are, each URL told by its host. */
const LISTS = {
  'in no order': (sizes: Uint32Array) => inNoOrder(hostAfterHost(sizes, SEED), SEED),
  'host after host': (sizes: Uint32Array) => hostAfterHost(sizes, SEED),
} as const;

type ListName = keyof typeof LISTS;

const CASES: readonly { readonly list: ListName; readonly order: Order }[] = [
  { list: 'in no order', order: 'input' },
  { list: 'in no order', order: 'completion' },
  { list: 'host after host', order: 'input' },
  { list: 'host after host', order: 'completion' },
];

describe('the real scheduler takes as long as is reckoned', () => {
  test.each(CASES)('for a list $list, rows in the order of $order', async ({ list, order }) => {
    const hosts = LISTS[list](hostsOf(SPARSE));
    const real = await runVirtually(hosts, 1000 * TIME, { concurrency: 256, perHost: PER_HOST, order });
    const reckoned = reckon(hosts, order);
    console.log(`${list}, ${order}: ${real.duration / 1000} s, ${reckoned} s reckoned, ${real.mostOpen} open at most`);
    expect(real.rows).toBe(hosts.length);
    expect(real.mostOpen).toBeLessThanOrEqual(OPEN[order]);
    expect(Math.abs(real.duration / 1000 / reckoned - 1)).toBeLessThan(TOLERANCE);
  });

  test('where slots are the limit', async () => {
    const hosts = LISTS['in no order'](hostsOf(SPARSE));
    const concurrency = 8;
    const { duration } = await runVirtually(hosts, 1000 * TIME, { concurrency, perHost: PER_HOST });
    expect(duration / 1000 / ((hosts.length * TIME) / concurrency)).toBeCloseTo(1, 2);
  });
});

test('on a machine of 50, a list host after host takes longer than its largest host', () => {
  const sizes = hostsOf(MACHINES);
  const floor = ((sizes[0] as number) * TIME) / PER_HOST;
  const lengths = CASES.map(({ list, order }) => {
    const hosts = LISTS[list](sizes);
    const windows = WINDOWS.map((window) => reckon(hosts, order, window));
    return { list, order, windows };
  });
  const head = ['list', 'rows in the order of', ...WINDOWS.map((window) => `${window} open`)];
  console.log(
    `${sizes.reduce((sum, size) => sum + size)} URLs, the largest host alone ${hours(floor)}\n`,
    markdown(
      head,
      lengths.map(({ list, order, windows }) => [list, order, ...windows.map(hours)]),
    ),
  );
  const times = lengths.map(({ order, windows }) => (windows[WINDOWS.indexOf(OPEN[order])] as number) / floor);
  const [mixedInput, mixedCompletion, sortedInput, sortedCompletion] = times as [number, number, number, number];
  expect([mixedInput, mixedCompletion].map((factor) => factor.toFixed(2))).toEqual(['1.00', '1.00']);
  // This is what the page warns of.
  expect(sortedInput).toBeGreaterThan(4);
  expect(sortedCompletion).toBeGreaterThan(1.2);
  expect(sortedCompletion).toBeLessThan(1.5);
});

/** The sizes of the hosts that one of so many machines has, if it has its share of the large ones. */
function hostsOf(machines: number): Uint32Array {
  return hostSizes(CRAWL).filter((_, i) => i % machines === machines >> 1);
}

function reckon(hosts: Uint32Array, order: Order, window: number = OPEN[order]): number {
  return lengthInOrder(hosts, { window, perHost: PER_HOST, time: TIME, order });
}
