import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as library from '../src/index.js';
import { ERROR_CODES } from '../src/index.js';
import { BIN, run } from './helpers/cli.js';
import { answered } from './helpers/rows.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

const blocks = (language: string): string[] =>
  Array.from(readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms')), ([, block]) => block ?? '');

/** The examples of the README and of the help in it; the demo has a test of its own. */
const examples = [...blocks('sh'), readme.slice(readme.indexOf('\nExamples:\n'), readme.indexOf('\nWhat the help has'))]
  .join('\n')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line.includes('fetch-lengths') && !line.includes('--demo'));

const jq = spawnSync('jq', ['--version']).status === 0;
const commands = examples.filter((line) => jq || process.env['CI'] || !line.includes('jq'));

let help = '';
let folder = '';
let origin = '';
const server = createServer((request, response) => response.end('x'.repeat(request.url?.length ?? 0)));

beforeAll(async () => {
  help = (await run(['--help'])).stdout;
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  symlinkSync(BIN, join(folder, 'fetch-lengths'));
  writeFileSync(join(folder, 'urls.txt'), `# a list\n${origin}/a\n${origin}/bb\n`);
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

describe('the README', () => {
  test('has the usage that --help prints', () => {
    expect(blocks('text')).toContain(help);
  });

  test('names every key of a row and every error code', () => {
    for (const name of [...Object.keys(answered()), ...ERROR_CODES]) expect(readme).toContain(`\`${name}\``);
  });

  test('has its two commands', () => {
    expect(blocks('console').map((block) => block.split('\n')[0])).toEqual([
      '$ npm ci && npm start',
      '$ npm ci && npm test',
    ]);
  });

  test.each(commands)('%s', async (command) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], {
      cwd: folder,
      env: { ...process.env, PATH: [folder, dirname(process.execPath), process.env['PATH']].join(':') },
    });
    const exit = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect([await exit, stderr.replace(/^fetch-lengths: \d URLs: \d ok, 0 .*\n/, '')]).toEqual([[0, null], '']);
    if (!command.includes(' -o ') && !command.includes('.state')) expect(stdout).not.toBe('');
  });

  test('has examples of the library that run', async () => {
    const [example = ''] = blocks('js');
    const [imported = '', ...rest] = example.split('\n');
    const names = /\{ (.*) \}/.exec(imported)?.[1]?.split(', ') ?? [];
    const lines: unknown[][] = [];
    const body = rest.join('\n').replaceAll('https://example.com/', `${origin}/example`);
    const AsyncFunction = (async () => {}).constructor as new (
      ...code: string[]
    ) => (...args: unknown[]) => Promise<void>;
    const console = { log: (...line: unknown[]) => lines.push(line) };
    const exported = library as unknown as Record<string, unknown>;
    await new AsyncFunction('console', ...names, body)(console, ...names.map((name) => exported[name]));
    expect(lines).toEqual([[8], [`${origin}/example`, 8]]);
  });
});
