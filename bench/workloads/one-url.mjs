// @ts-check
import process from 'node:process';
import { SMALL_LENGTH } from '../servers/bodies.mjs';
import { ofOneHost } from './lists.mjs';
import { ours, writeList } from './workload.mjs';

/** The figures are small, and so are the differences. */
const RUNS = 31;

/**
 * What a start costs, against what it cannot do without.
 *
 * @type {import('./workload.mjs').Workload}
 */
export const oneUrl = async (bench) => {
  const list = await writeList(bench, 'one-url', ofOneHost(await bench.servers.nginx(), 1));
  const expected = { rows: 1, failed: 0, length: SMALL_LENGTH };
  const library = nodeAlone('import undici', ['--input-type=module', '-e', "await import('undici')"]);
  const bare = nodeAlone('node -e 0', ['-e', '0']);
  const help = bench.builds.map(({ name, args }) => nodeAlone(`${name} --help`, [...args, '--help']));
  return [
    {
      title: 'one-url',
      urls: 1,
      runs: RUNS,
      reference: library.name,
      entries: [...ours(bench, ['-f', 'ndjson', list], expected), library],
    },
    { title: 'one-url: --help', urls: 1, runs: RUNS, reference: bare.name, entries: [...help, bare] },
  ];
};

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @returns {import('../contest.mjs').Entry}
 */
function nodeAlone(name, args) {
  return { name, peer: false, command: () => ({ program: process.execPath, args }) };
}
