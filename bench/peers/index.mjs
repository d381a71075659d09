// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isInstalled, PYTHON, run } from '../programs.mjs';
import { ROW } from '../rows.mjs';

/**
 * What a peer is asked to do.
 *
 * @typedef {object} Work
 * @property {readonly string[]} urls
 * @property {string} list the file of them
 * @property {number} concurrency
 * @property {boolean} compressed
 * @property {boolean} distinct no host comes twice
 */

/**
 * @typedef {object} Peer
 * @property {readonly string[]} needs programs and files
 * @property {string} packages Debian's, that bring them
 * @property {RegExp} row
 * @property {'decoded' | 'encoded'} counts which bytes its lengths are
 * @property {boolean} [decodes] false: it cannot take part where bodies are compressed
 * @property {(folder: string) => Promise<unknown>} [prepare]
 * @property {(work: Work, folder: string, output: string) => import('../measure.mjs').Command} command
 */

/** @param {string} name */
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {Work} work */
const slots = ({ concurrency, compressed }) => ['-c', String(concurrency), ...(compressed ? ['--compressed'] : [])];

/** @type {Readonly<Record<string, Peer>>} */
export const PEERS = {
  'net-http': {
    needs: ['go'],
    packages: 'golang-go',
    row: ROW.peers,
    counts: 'decoded',
    prepare: (folder) => buildGo(file('net-http.go'), join(folder, 'net-http')),
    command: (work, folder) => ({ program: join(folder, 'net-http'), args: [...slots(work), work.list] }),
  },
  curl: {
    needs: ['curl'],
    packages: 'curl',
    row: ROW.peers,
    // Its %{size_download} knows no others; it decodes all the same.
    counts: 'encoded',
    command: ({ urls, list, concurrency, compressed }) => {
      const config = `${list}.curl`;
      writeFileSync(config, urls.map((url) => `url = "${url}"\noutput = "/dev/null"\n`).join(''));
      const options = ['-q', '-sS', '-k', '-Z', '--parallel-immediate', '--parallel-max', String(concurrency)];
      if (compressed) options.push('--compressed');
      return { program: 'curl', args: [...options, '-w', '%{size_download} %{url}\\n', '-K', config] };
    },
  },
  wget2: {
    needs: ['wget2'],
    packages: 'wget2',
    row: ROW.wget2,
    counts: 'encoded',
    command: ({ list, concurrency, compressed }, folder, output) => {
      const quiet = '-q --no-config --no-robots --no-hsts --no-netrc --ocsp=off --tries=1'.split(' ');
      const coding = compressed ? '--compression=gzip' : '--no-compression';
      const how = ['--http2=off', '--no-check-certificate', coding, `--max-threads=${concurrency}`];
      const where = ['-i', list, '-O', '/dev/null', `--stats-site=csv:${output}`];
      return { program: 'wget2', args: [...quiet, ...how, ...where], env: { HOME: folder } };
    },
  },
  aiohttp: {
    needs: [PYTHON, '/usr/lib/python3/dist-packages/aiohttp'],
    packages: 'python3-aiohttp',
    row: ROW.peers,
    counts: 'decoded',
    command: (work) => ({
      program: PYTHON,
      args: [file('aiohttp_peer.py'), ...slots(work), ...(work.distinct ? ['--close'] : []), work.list],
    }),
  },
  threads: {
    needs: [PYTHON],
    packages: 'python3',
    row: ROW.peers,
    counts: 'decoded',
    command: (work) => ({ program: PYTHON, args: [file('threads.py'), ...slots(work), work.list] }),
  },
  'node-fetch': {
    needs: [],
    packages: '',
    row: ROW.peers,
    counts: 'decoded',
    command: (work) => ({
      program: process.execPath,
      args: ['--no-warnings', file('node-fetch.mjs'), ...slots(work), work.list],
      // fetch has no option for it.
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    }),
  },
  'node-net': {
    needs: [],
    packages: '',
    row: ROW.peers,
    counts: 'encoded',
    decodes: false,
    command: (work) => ({ program: process.execPath, args: [file('node-net.mjs'), ...slots(work), work.list] }),
  },
};

/**
 * Makes those peers ready that are installed; the others are told to whoever listens.
 *
 * @param {readonly string[]} names
 * @param {string} folder
 * @param {(line: string) => void} tell
 * @returns {Promise<[name: string, peer: Peer][]>}
 */
export async function preparePeers(names, folder, tell) {
  /** @type {[string, Peer][]} */
  const ready = [];
  for (const name of names) {
    const peer = PEERS[name];
    if (peer === undefined) continue;
    const missing = peer.needs.filter((program) => !isInstalled(program));
    if (missing.length > 0) {
      tell(`${name} is left out, ${missing.join(', ')} not being there (Debian: apt-get install ${peer.packages})`);
      continue;
    }
    await peer.prepare?.(folder);
    ready.push([name, peer]);
  }
  return ready;
}

/**
 * @param {string} source
 * @param {string} binary
 */
async function buildGo(source, binary) {
  // Nothing is to be asked of another machine.
  await run('go', ['build', '-o', binary, source], { GOPROXY: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '' });
}
