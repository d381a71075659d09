import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { FetchResult } from '../../src/types.js';
import { BIN } from '../helpers/cli.js';
import { environment, run } from '../helpers/programs.js';
import { rowsOf } from './site.js';

const PAGE = readFileSync(new URL('../../docs/many-machines.md', import.meta.url), 'utf8');

/** What is under a heading of docs/many-machines.md: what a reader pastes is what is tested. */
export function section(heading: string): string {
  const [, rest = ''] = PAGE.split(`\n## ${heading}\n`);
  const [own = ''] = rest.split('\n## ');
  return own;
}

/** The blocks of a language under a heading, of which there must be so many. */
export function recipes(heading: string, language: string, count: 1): [string];
export function recipes(heading: string, language: string, count: 2): [string, string];
export function recipes(heading: string, language: string, count: 3): [string, string, string];
export function recipes(heading: string, language: string, count: number): string[] {
  const block = new RegExp(`^( *)\`\`\`${language}\n(.*?)^ *\`\`\``, 'gms');
  const blocks = Array.from(section(heading).matchAll(block), ([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
  if (blocks.length !== count) throw new Error(`${blocks.length} of ${language} under ${heading}`);
  return blocks;
}

/** The first group of a pattern in the page's code, which must be there. */
export function found(code: string, pattern: RegExp): string {
  const [, group] = pattern.exec(code) ?? [];
  if (group === undefined) throw new Error(`no ${pattern} in ${code}`);
  return group;
}

/** The page's code with what a test must have otherwise, which must be there. */
export function changed(code: string, changes: Readonly<Record<string, string>>): string {
  let text = code;
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`no ${from} in ${code}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** A `PATH` with the built command as `fetch-lengths`, by way of a folder `bin` made in this one. */
export function pathWithCommand(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(BIN, join(bin, 'fetch-lengths'));
  return [bin, dirname(process.execPath), environment['PATH']].join(delimiter);
}

/** Joins the parts in a folder that has the list too, as the page does, and gives the rows of all. */
export async function joinParts(folder: string, path: string): Promise<FetchResult[]> {
  const [script] = recipes('Joining the parts', 'sh', 1);
  await run('sh', ['-c', script], { cwd: folder, env: { PATH: path } });
  return rowsOf(await readFile(join(folder, 'all.ndjson'), 'utf8'));
}
