// @ts-check
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, release, tmpdir, type } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findBuilds } from './builds.mjs';
import { runContest } from './contest.mjs';
import { readOptions, UsageError } from './options.mjs';
import { preparePeers } from './peers/index.mjs';
import { isInstalled, PYTHON } from './programs.mjs';
import { Servers } from './servers/index.mjs';
import { asMarkdown, asText, tableOf } from './table.mjs';
import { WORKLOADS } from './workloads/index.mjs';
import { LeftOut } from './workloads/left-out.mjs';

/** What nothing runs without, and the Debian packages that bring it. */
const NEEDED = { [PYTHON]: 'python3', nginx: 'nginx-light', openssl: 'openssl' };

/** What the figures hold for. */
const MACHINE = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${type()} ${release()} ${arch()}`;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());

/** @typedef {{ results: import('./contest.mjs').Result[], notes: string[] }} Outcome */

/**
 * @param {import('./options.mjs').Options} options
 * @param {string} folder
 * @returns {Promise<Outcome>}
 */
async function bench({ workloads, peers, runs, scale, against }, folder) {
  /** @type {Outcome} */
  const outcome = { results: [], notes: scale === 1 ? [] : [`Scaled by ${scale}: no figures to be quoted.`] };
  const servers = new Servers(folder, scale);
  try {
    const ready = await preparePeers(peers, folder, (line) => outcome.notes.push(line));
    const making = { folder, scale, builds: await findBuilds(against), peers: ready, servers };
    const conditions = { runs, folder, signal: interrupted.signal };
    for (const name of workloads) {
      try {
        const contests = (await WORKLOADS[name]?.(making)) ?? [];
        for (const contest of contests) outcome.results.push(await runContest(contest, conditions));
      } catch (error) {
        if (!(error instanceof LeftOut)) throw error;
        outcome.notes.push(`${name} is left out: ${error.message}`);
      }
    }
  } finally {
    await servers.stop();
  }
  return outcome;
}

/**
 * @param {Outcome} outcome
 * @param {import('./options.mjs').Options['format']} format
 */
function print({ results, notes }, format) {
  if (format === 'json') {
    const contests = results.map(({ contest: { title, urls, bytes, reference }, standings }) => ({
      title,
      urls,
      bytes,
      reference,
      standings,
    }));
    return `${JSON.stringify({ machine: MACHINE, notes, contests }, null, 2)}\n`;
  }
  const layOut = format === 'markdown' ? asMarkdown : asText;
  const tables = results.map((result) => layOut(tableOf(result, results)));
  return [`${MACHINE}\n`, ...tables, ...notes.map((note) => `${note}\n`)].join('\n');
}

async function main() {
  const options = readOptions(process.argv.slice(2), process.env);
  const missing = Object.entries(NEEDED).filter(([program]) => !isInstalled(program));
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(', ');
    throw new UsageError(`${names} missing (Debian: apt-get install ${missing.map(([, name]) => name).join(' ')})`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'fetch-lengths-bench-'));
  try {
    // Servers that root starts become somebody else.
    await chmod(folder, 0o755);
    process.stdout.write(print(await bench(options, folder), options.format));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  if (interrupted.signal.aborted) process.exitCode = 130;
  else if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else throw error;
}
