// @ts-check
import { createHash } from 'node:crypto';
import { SMALL_LENGTH } from '../servers/bodies.mjs';
import { address } from './lists.mjs';
import { hostSizes } from './skew.mjs';
import { CONCURRENCY, ours, scaled, writeList } from './workload.mjs';

/** The part that is fetched is the first of so many. */
const PARTS = 2;

/** A 100th of 100,000,000 URLs of 5,000,000 hosts. */
const PART = { hosts: 50_000, urls: 1_000_000, largest: 100_000 };

/** Any number: the same list every time. */
const SEED = 1;

/**
 * One part of a list, two URLs at once to a host: in no order, which keeps few URLs waiting for their host, and host after
 * host, which keeps as many waiting as there is room for.
 *
 * @type {import('./workload.mjs').Workload}
 */
export const part = async (bench) => {
  const { http } = await bench.servers.nginx();
  const { hosts, urls, largest } = PART;
  const sizes = hostSizes({ hosts: scaled(bench, hosts), urls: scaled(bench, urls), largest: scaled(bench, largest) });
  const byHost = listByHost(sizes, http);
  const contests = [];
  for (const [title, list, order] of /** @type {const} */ ([
    ['in no order', shuffled(byHost), 'input'],
    ['host after host', byHost, 'input'],
    ['host after host, as they are done', byHost, 'completion'],
  ])) {
    const rows = scaled(bench, urls);
    const expected = { rows, failed: 0, length: rows * SMALL_LENGTH };
    const path = await writeList(bench, title, list);
    const limits = ['--per-host', '2', '-c', String(CONCURRENCY)];
    const options = ['-f', 'ndjson', '--shard', `1/${PARTS}`, '--order', order, ...limits, path];
    contests.push({ title: `part: ${title}`, urls: rows, runs: 1, entries: ours(bench, options, expected) });
  }
  return contests;
};

/**
 * A list whose first part has hosts of these sizes, and whose other parts have the same.
 *
 * @param {Uint32Array} sizes
 * @param {number} port
 */
function listByHost(sizes, port) {
  /** How many hosts each part has so far. */
  const taken = Array(PARTS).fill(0);
  const urls = [];
  for (let i = 0; taken.some((count) => count < sizes.length); i++) {
    const host = address(i);
    const own = partOf(host);
    const size = sizes[taken[own]++] ?? 0;
    for (let n = 0; n < size; n++) urls.push(`http://${host}:${port}/small?${n}`);
  }
  return urls;
}

/**
 * The part of a host, from 0, as the README tells it.
 *
 * @param {string} host
 */
function partOf(host) {
  return createHash('sha256').update(host).digest().readUInt32BE(0) % PARTS;
}

/**
 * A copy in no order, but always the same.
 *
 * @param {readonly string[]} list
 */
function shuffled(list) {
  const copy = [...list];
  let state = SEED;
  for (let i = copy.length - 1; i > 0; i--) {
    // Numerical Recipes' generator: its upper bits are good enough for an order.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (i + 1));
    [copy[i], copy[other]] = [/** @type {string} */ (copy[other]), /** @type {string} */ (copy[i])];
  }
  return copy;
}
