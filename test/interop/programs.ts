import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Debian keeps nginx where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;

/** The environment of real programs: no proxy of the machine's comes between them and loopback. */
export const environment: NodeJS.ProcessEnv = { ...process.env, PATH, NO_PROXY: '*', no_proxy: '*' };

const runFile = promisify(execFile);

/**
 * Runs a program to its end and gives its standard output; rejects if its status is not 0.
 *
 * @param cwd the folder that it runs in; this one by default
 */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const { stdout } = await runFile(program, args, { env: environment, cwd });
  return stdout;
}

/** Those of the programs that are not installed. */
export function missing(programs: readonly string[]): string[] {
  return programs.filter((program) => !PATH.split(delimiter).some((folder) => isExecutable(join(folder, program))));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
