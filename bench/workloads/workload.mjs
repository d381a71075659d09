// @ts-check
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { ROW } from '../rows.mjs';

/**
 * What workloads are made with.
 *
 * @typedef {object} Bench
 * @property {string} folder a temporary one
 * @property {number} scale of all counts
 * @property {readonly import('../builds.mjs').Build[]} builds
 * @property {readonly [name: string, peer: import('../peers/index.mjs').Peer][]} peers
 * @property {import('../servers/index.mjs').Servers} servers
 */

/** @typedef {(bench: Bench) => Promise<import('../contest.mjs').Contest[]>} Workload */

export const CONCURRENCY = 64;

/** Of each entry, if nothing else is asked for. */
export const RUNS = 5;

/**
 * @param {Bench} bench
 * @param {number} count
 * @returns {number}
 */
export function scaled({ scale }, count) {
  return Math.max(1, Math.round(count * scale));
}

/**
 * Writes a list and gives its path.
 *
 * @param {Bench} bench
 * @param {string} title
 * @param {readonly string[]} urls
 * @returns {Promise<string>}
 */
export async function writeList({ folder }, title, urls) {
  const list = join(folder, `${title.replaceAll(/\W+/g, '-')}.txt`);
  await writeFile(list, urls.map((url) => `${url}\n`).join(''));
  return list;
}

/**
 * Every build of ours with the same options for the same list.
 *
 * @param {Bench} bench
 * @param {readonly string[]} options the list among them
 * @param {import('../rows.mjs').Count} expected
 * @returns {import('../contest.mjs').Entry[]}
 */
export function ours({ builds }, options, expected) {
  return builds.map(({ name, args }) => ({
    name,
    peer: false,
    command: (output) => ({ program: process.execPath, args: [...args, '-q', '-o', output, ...options] }),
    row: ROW.ours,
    expected,
  }));
}
