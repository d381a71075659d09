// @ts-check
import { SMALL_LENGTH } from '../servers/bodies.mjs';
import { address, ofManyHosts, ofOneHost } from './lists.mjs';
import { CONCURRENCY, ours, scaled, writeList } from './workload.mjs';

/** Every tenth host says nothing. */
const SILENT = 10;

/**
 * @typedef {object} Task
 * @property {string} title
 * @property {readonly string[]} urls
 * @property {readonly string[]} [options]
 * @property {number} [failed] how many rows cannot but fail
 * @property {string} [linearTo] the title of a smaller one
 */

/**
 * Long lists: neither the memory nor the CPU per URL may grow with them.
 *
 * @type {import('./workload.mjs').Workload}
 */
export const memory = async (bench) => {
  const nginx = await bench.servers.nginx();
  const silent = await bench.servers.silent();
  const [few, some, many] = [scaled(bench, 20_000), scaled(bench, 100_000), scaled(bench, 1_000_000)];
  const [oneHost, manyHosts] = [`one host, ${some}`, `many hosts, ${few}`];
  const partlySilent = ofManyHosts(nginx, some).map((url, i) =>
    i % SILENT === SILENT - 1 ? `http://${address(i)}:${silent.port}/` : url,
  );
  /** @type {Task[]} */
  const tasks = [
    { title: oneHost, urls: ofOneHost(nginx, some) },
    { title: `one host, ${many}`, urls: ofOneHost(nginx, many), linearTo: oneHost },
    { title: `one host, ${many}, json`, urls: ofOneHost(nginx, many), options: ['-f', 'json'] },
    { title: manyHosts, urls: ofManyHosts(nginx, few) },
    { title: `many hosts, ${some}`, urls: ofManyHosts(nginx, some), linearTo: manyHosts },
    {
      title: `many hosts, ${some}, a tenth silent`,
      urls: partlySilent,
      options: ['-f', 'ndjson', '--exit-zero', '--retry', '0', '-t', '200ms'],
      failed: Math.floor(some / SILENT),
    },
  ];
  const contests = [];
  for (const task of tasks) contests.push(await contestOf(bench, task));
  return contests;
};

/**
 * @param {import('./workload.mjs').Bench} bench
 * @param {Task} task
 * @returns {Promise<import('../contest.mjs').Contest>}
 */
async function contestOf(bench, { title, urls, options = ['-f', 'ndjson'], failed = 0, linearTo }) {
  const list = await writeList(bench, title, urls);
  const expected = { rows: urls.length, failed, length: (urls.length - failed) * SMALL_LENGTH };
  return {
    title: `memory: ${title}`,
    urls: urls.length,
    runs: 1,
    ...(linearTo === undefined ? {} : { linearTo: `memory: ${linearTo}` }),
    entries: ours(bench, [...options, '-c', String(CONCURRENCY), list], expected),
  };
}
