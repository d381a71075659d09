// @ts-check
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { run } from './programs.mjs';

/**
 * Our command in one of its forms.
 *
 * @typedef {{ name: string, args: readonly string[] }} Build `args` for Node, before the command's own
 */

const OURS = fileURLToPath(new URL('../dist/bin.cjs', import.meta.url));

/**
 * @param {string | undefined} against the `dist/bin.cjs` of another checkout
 * @returns {Promise<Build[]>}
 */
export async function findBuilds(against) {
  const builds = await formsOf('ours', OURS);
  return against === undefined ? builds : [...builds, ...(await formsOf('against', resolve(against)))];
}

/**
 * @param {string} name
 * @param {string} bin
 * @returns {Promise<Build[]>}
 */
async function formsOf(name, bin) {
  const threads = { name: `${name} --threads 2`, args: [bin, '--threads', '2'] };
  const help = await run(process.execPath, [bin, '--help']);
  return [{ name, args: [bin] }, ...(help.includes('--threads') ? [threads] : [])];
}
