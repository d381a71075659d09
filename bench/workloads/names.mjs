// @ts-check
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { isInstalled, run } from '../programs.mjs';
import { DELAYED_BODY } from '../servers/bodies.mjs';
import { LeftOut } from './left-out.mjs';
import { listOf } from './lists.mjs';
import { ours, RUNS, scaled, writeList } from './workload.mjs';

/** Of the name server: only those who are told of it ask it. */
const ADDRESS = '127.0.0.53';

/** How long it takes to answer, and how long the host then does, in milliseconds. */
const [LOOK_UP, ANSWER] = [50, 200];

/** What Node would do of itself. */
const NODE_DEFAULT = { UV_THREADPOOL_SIZE: '4' };

/** Runs a command that sees other files in place of /etc/resolv.conf and /etc/nsswitch.conf, and nobody else does. */
const MOUNT = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf && shift 2 && exec "$@"';

/**
 * Host names that all have to be looked up, by the system's own means.
 *
 * @type {import('./workload.mjs').Workload}
 */
export const names = async (bench) => {
  const { port } = await bench.servers.delays();
  const [resolver, order, filesOnly] = await writeConfigurations(bench.folder);
  const inside = ['unshare', '-m', 'sh', '-c', MOUNT, 'sh', resolver];
  await checkNamespace([...inside, order]);
  try {
    await bench.servers.dns(ADDRESS, LOOK_UP);
  } catch (error) {
    throw new LeftOut(`no name server can be had: ${messageOf(error)}`);
  }

  const urls = listOf(scaled(bench, 1000), (i) => `http://h${i}.bench.test:${port}/${ANSWER}`);
  const options = ['-f', 'ndjson', '-c', '1000', await writeList(bench, 'names', urls)];
  const expected = { rows: urls.length, failed: 0, length: urls.length * DELAYED_BODY.length };
  const entries = ours(bench, options, expected);

  /** @type {(entry: import('../contest.mjs').Entry, file: string, env?: NodeJS.ProcessEnv) => typeof entry} */
  const within = (entry, file, env = {}) => ({
    ...entry,
    name: [entry.name, ...Object.entries(env).map((pair) => pair.join('='))].join(', '),
    command: (output) => ({ ...entry.command(output), env, inside: [...inside, file] }),
  });
  const byDefault = entries.map((entry) => within(entry, order, NODE_DEFAULT));
  const [firstDefault] = byDefault;
  return [
    {
      title: 'names',
      urls: urls.length,
      runs: RUNS,
      ...(firstDefault === undefined ? {} : { reference: firstDefault.name }),
      entries: [...entries.map((entry) => within(entry, order)), ...byDefault],
    },
    {
      // Were the name server asked all the same, the rows would not be failed.
      title: 'names: without "dns" in /etc/nsswitch.conf all fail',
      urls: urls.length,
      runs: 1,
      entries: ours(bench, ['--exit-zero', ...options], { rows: urls.length, failed: urls.length, length: 0 }).map(
        (entry) => within(entry, filesOnly),
      ),
    },
  ];
};

/**
 * @param {string} folder
 * @returns {Promise<[resolver: string, order: string, filesOnly: string]>}
 */
async function writeConfigurations(folder) {
  /** @type {[string, string, string]} */
  const files = [join(folder, 'resolv.conf'), join(folder, 'nsswitch.conf'), join(folder, 'nsswitch-files.conf')];
  const [resolver, order, filesOnly] = files;
  await writeFile(resolver, `nameserver ${ADDRESS}\n`);
  await writeFile(order, 'hosts: files dns\n');
  await writeFile(filesOnly, 'hosts: files\n');
  return files;
}

/** @param {readonly string[]} inside */
async function checkNamespace([program = '', ...args]) {
  if (process.platform !== 'linux' || !isInstalled(program)) throw new LeftOut('it needs unshare (util-linux)');
  try {
    await run(program, [...args, 'true']);
  } catch (error) {
    throw new LeftOut(`no mount namespace can be had, which takes root: ${messageOf(error)}`);
  }
}

/** @param {unknown} error */
function messageOf(error) {
  const { message } = error instanceof Error ? error : { message: String(error) };
  // Of a command that failed it begins with the command, and ends with what that said.
  return message.trim().split('\n').at(-1);
}
