import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FetchResult, Report } from '../../src/types.js';
import { run } from '../helpers/programs.js';

/** The built command. */
export const BIN = resolve('dist/bin.cjs');

/** Runs it and gives its standard output; rejects if its status is not 0. */
export function runCommand(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  return run(process.execPath, [BIN, ...args], { env });
}

/** The report of a list, by way of files; URLs that fail are rows like the others. */
export async function report(
  urls: readonly string[],
  options: readonly string[],
  folder: string,
  env?: NodeJS.ProcessEnv,
): Promise<Report> {
  // Several run at once.
  const files = await mkdtemp(join(folder, 'run-'));
  const [list, output] = [join(files, 'list.txt'), join(files, 'report.json')];
  await writeFile(list, urls.map((url) => `${url}\n`).join(''));
  await runCommand(['--quiet', '--exit-zero', ...options, '--json', '-o', output, list], env);
  return JSON.parse(await readFile(output, 'utf8')) as Report;
}

/** The one row of one URL. */
export async function rowOf(url: string, options: readonly string[], env?: NodeJS.ProcessEnv): Promise<FetchResult> {
  const out = await runCommand(['--quiet', '--exit-zero', ...options, '--format', 'ndjson', url], env);
  return JSON.parse(out) as FetchResult;
}
