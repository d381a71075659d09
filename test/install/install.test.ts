import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/reporters/formats.js';
import { version } from '../../src/version.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const runFile = promisify(execFile);

/** The Node in use, and those that `.ci/run` has fetched: another user's program runs on another Node. */
const NODES: readonly string[] = [
  process.execPath,
  ...[22, 24, 26]
    .map((major) => {
      const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
      const modules = join(cache, 'fetch-lengths', `node-${major}`, 'node_modules');
      return join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');
    })
    .filter((node) => existsSync(node)),
];

/** A program of a user's, which must be right in the eyes of the compiler. */
const PROGRAM = `
import { ERROR_CODES, type FetchResult, fetchLengths, OptionError, type Options, streamLengths } from 'fetch-lengths';
import schema from 'fetch-lengths/schema.json' with { type: 'json' };

const options: Options = { concurrency: 2, order: 'completion', signal: AbortSignal.timeout(30_000) };
const urls = process.argv.slice(2);
const { totals } = await fetchLengths(urls, options);
const rows: FetchResult[] = [];
for await (const row of streamLengths(urls)) rows.push(row);
const lengths: (number | null)[] = rows.map((row) => (row.state === 'failed' ? null : row.length));
// @ts-expect-error it is no option
const wrong: Options = { concurency: 2 };
const refused: unknown = await fetchLengths([], wrong).catch((error: unknown) => error);
const names = [typeof schema.$schema, ERROR_CODES.includes('dns'), refused instanceof OptionError];
console.log(JSON.stringify([totals.length, lengths, ...names]));
`;

let folder: string;
let consumer: string;
let tarball: string;
let origin: string;
const server = createServer((request, response) => response.end('x'.repeat(request.url?.length ?? 0)));

/** Runs a program in the user's folder, with a Node first in the path. */
async function run(program: string, args: readonly string[], node: string = process.execPath): Promise<string> {
  const PATH = [dirname(node), process.env['PATH']].join(delimiter);
  // No proxy of the machine's comes between it and loopback.
  const { stdout } = await runFile(program, args, { cwd: consumer, env: { ...process.env, PATH, NO_PROXY: '*' } });
  return stdout;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'fetch-lengths-install-')));
  consumer = join(folder, 'a user');
  await mkdir(consumer);
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  // Built already.
  const packed = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await runFile('npm', packed, { cwd: ROOT });
  tarball = join(folder, JSON.parse(stdout)[0].filename);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball]);
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

describe.each(NODES)('the installed package on %s', (node) => {
  test('is this version', async () => {
    expect(await run('npx', ['--no-install', 'fetch-lengths', '--version'], node)).toBe(`${version}\n`);
  });

  test.each(FORMATS)('reports as %s', async (format) => {
    const urls = [`${origin}/a`, `${origin}/bb`];
    const out = await run(join('node_modules', '.bin', 'fetch-lengths'), ['-q', '-f', format, ...urls], node);
    for (const url of urls) expect(out).toContain(url);
  });

  test('fetches with threads, and completes command lines', async () => {
    const command = join('node_modules', '.bin', 'fetch-lengths');
    expect(await run(command, ['--threads', '2', `${origin}/abc`], node)).toContain(`4 ${origin}/abc\n`);
    expect(await run(command, ['--completions', 'bash'], node)).toContain('complete ');
  });

  test('is a library with types', async () => {
    await writeFile(join(consumer, 'program.ts'), PROGRAM);
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    };
    await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')]);
    const out = await run(node, ['--no-warnings', 'program.js', `${origin}/a`, `${origin}/bb`], node);
    expect(JSON.parse(out)).toEqual([5, [2, 3], 'string', true, true]);
  });
});

test('npm puts the man page where man looks', async () => {
  const { stdout } = await runFile('npm', ['config', 'get', 'globalconfig']);
  // With another prefix npm would look for the machine's own settings there.
  const settings = ['--prefix', join(folder, 'global'), '--globalconfig', stdout.trim()];
  await run('npm', ['install', '--global', '--no-audit', '--no-fund', '--prefer-offline', ...settings, tarball]);
  const page = await readFile(join(folder, 'global', 'share', 'man', 'man1', 'fetch-lengths.1'), 'utf8');
  expect(page).toMatch(/^\.TH /);
});
