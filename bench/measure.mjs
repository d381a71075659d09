// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { environment, PYTHON } from './programs.mjs';

/**
 * What to run.
 *
 * @typedef {object} Command
 * @property {string} program
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env] variables besides those of `environment`
 * @property {readonly string[]} [inside] a command that runs this one in its place, and is not measured
 */

/**
 * What one run took: seconds, CPU seconds (user and system) and bytes; and how it ended.
 *
 * @typedef {{ wall: number, cpu: number, rss: number, status: number, complaint: string }} Taken
 */

const MEASURE = fileURLToPath(new URL('measure.py', import.meta.url));

/** Modules are those of this repository. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a run may take, in seconds. */
const LIMIT = 900;

/**
 * Runs a command to its end, its standard output going to a file.
 *
 * @param {Command} command
 * @param {string} output
 * @param {AbortSignal} signal
 * @returns {Promise<Taken>}
 */
export async function measure({ program, args, env, inside = [] }, output, signal) {
  const [outer = '', ...rest] = [...inside, PYTHON, '-I', '-S', MEASURE, String(LIMIT), program, ...args];
  const file = await open(output, 'w');
  try {
    const child = spawn(outer, rest, {
      cwd: ROOT,
      env: { ...environment, ...env },
      stdio: ['ignore', file.fd, 'pipe', 'pipe'],
      signal,
    });
    const [, , stderr, figures] = /** @type {import('node:stream').Readable[]} */ (child.stdio);
    const [complaint, told] = await Promise.all([textOf(stderr), textOf(figures), once(child, 'close')]);
    if (told === '') throw new Error(`${program} was not started: ${complaint}`);
    const [wall = 0, cpu = 0, kilobytes = 0, status = 1] = told.split(' ').map(Number);
    return { wall, cpu, rss: kilobytes * 1024, status, complaint };
  } finally {
    await file.close();
  }
}

/** @param {import('node:stream').Readable | undefined} stream */
async function textOf(stream) {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}
