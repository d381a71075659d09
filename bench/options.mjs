// @ts-check
import { parseArgs } from 'node:util';
import { PEERS } from './peers/index.mjs';
import { USUAL, WORKLOADS } from './workloads/index.mjs';

/**
 * @typedef {object} Options
 * @property {readonly string[]} workloads
 * @property {readonly string[]} peers
 * @property {number | undefined} runs
 * @property {number} scale
 * @property {string | undefined} against
 * @property {'text' | 'json' | 'markdown'} format
 */

const USAGE = `Usage: npm run bench -- [options] [workload...]

Workloads: ${Object.keys(WORKLOADS).join(', ')}
By default: ${USUAL.join(', ')}

  --runs <n>        of each candidate (default: 5; one-url 31, memory 1)
  --peers <a,b>     only these of ${Object.keys(PEERS).join(', ')}; "" for none
  --against <file>  the dist/bin.cjs of another checkout, as a further candidate
  --scale <n>       times as many URLs, 0.01 for a trial
  --json            all figures of all runs
  --markdown        the table of the README`;

/** The command line asks for help, or is wrong. */
export class UsageError extends Error {}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Options}
 * @throws {UsageError}
 */
export function readOptions(args, env) {
  const { values, positionals } = parse(args);
  if (values.help) throw new UsageError(USAGE);
  const runs = values.runs === undefined ? undefined : positive('runs', values.runs);
  if (!Number.isInteger(runs ?? 1)) throw new UsageError('--runs is a whole number');
  return {
    workloads: known('workload', positionals.length === 0 ? USUAL : positionals, Object.keys(WORKLOADS)),
    peers: known('peer', values.peers?.split(',').filter(Boolean) ?? Object.keys(PEERS), Object.keys(PEERS)),
    runs,
    scale: positive('scale', values.scale),
    against: values.against ?? env['AGAINST'],
    format: values.json ? 'json' : values.markdown ? 'markdown' : 'text',
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        peers: { type: 'string' },
        against: { type: 'string' },
        scale: { type: 'string', default: '1' },
        json: { type: 'boolean' },
        markdown: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} option
 * @param {string} text
 */
function positive(option, text) {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new UsageError(`--${option} is a number above 0`);
  return value;
}

/**
 * @param {string} kind
 * @param {readonly string[]} names
 * @param {readonly string[]} all
 */
function known(kind, names, all) {
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new UsageError(`no such ${kind}: ${unknown.join(', ')} (there are ${all.join(', ')})`);
  return names;
}
