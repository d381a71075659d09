// @ts-check
import { execFile } from 'node:child_process';
import { accessSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

/** Debian's own, which has Debian's modules; another one may come first in `PATH`. */
export const PYTHON = '/usr/bin/python3';

/** Debian keeps servers where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;

const PROXY_VARIABLES = /^(?:https?|all|no)_proxy$/i;

/** The environment of all that is started: no proxy of the machine's comes between it and loopback. */
export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !PROXY_VARIABLES.test(name))),
  PATH,
};

/**
 * @param {string} program
 * @returns {boolean}
 */
export function isInstalled(program) {
  if (program.startsWith('/')) return exists(program);
  return PATH.split(delimiter).some((folder) => exists(join(folder, program)));
}

/**
 * Runs a program to its end and gives its standard output.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>}
 */
export async function run(program, args, env = {}) {
  const { stdout } = await promisify(execFile)(program, args, { env: { ...environment, ...env } });
  return stdout;
}

/** @param {string} file */
function exists(file) {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
