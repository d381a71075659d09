// @ts-check
import { CONCURRENCY, ours, RUNS, writeList } from './workload.mjs';

/**
 * A list for ours and all peers.
 *
 * @typedef {object} Race
 * @property {string} title
 * @property {string} reference
 * @property {readonly string[]} urls
 * @property {number} length of each body
 * @property {number} [encodedLength] if the body is compressed
 * @property {number} [concurrency]
 * @property {boolean} [distinct] no host comes twice
 * @property {boolean} [large] megabytes per second tell more than URLs
 */

/**
 * @param {import('./workload.mjs').Bench} bench
 * @param {Race} race
 * @returns {Promise<import('../contest.mjs').Contest>}
 */
export async function race(bench, race) {
  const { title, reference, urls, length, encodedLength, concurrency = CONCURRENCY, distinct = false } = race;
  const compressed = encodedLength !== undefined;
  const list = await writeList(bench, title, urls);
  const work = { urls, list, concurrency, compressed, distinct };
  const count = { rows: urls.length, failed: 0 };
  const decoded = { ...count, length: urls.length * length };
  const encoded = { ...count, length: urls.length * (encodedLength ?? length) };
  const options = ['-f', 'ndjson', '-k', '-c', String(concurrency), ...(compressed ? ['--compressed'] : []), list];
  const peers = bench.peers
    .filter(([, { decodes = true }]) => decodes || !compressed)
    .map(([name, { row, counts, command }]) => ({
      name,
      peer: true,
      command: (/** @type {string} */ output) => command(work, bench.folder, output),
      row,
      expected: counts === 'decoded' ? decoded : encoded,
    }));
  return {
    title,
    urls: urls.length,
    ...(race.large ? { bytes: decoded.length } : {}),
    runs: RUNS,
    reference,
    entries: [...ours(bench, options, decoded), ...peers],
  };
}
