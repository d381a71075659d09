import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../helpers/programs.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';

const BIN = 'dist/bin.cjs';
const TASKS = 4;

/** What an engine gives a task in its environment: see the page of each that docs/many-machines.md names. */
const ENGINES: readonly [string, (task: number) => Record<string, string>][] = [
  [
    'a Kubernetes Indexed Job',
    (task) => ({ JOB_COMPLETION_INDEX: `${task}`, JOB_COMPLETIONS: `${TASKS}`, HOSTNAME: `lengths-${task}-x7k2p` }),
  ],
  [
    'an AWS Batch array job',
    (task) => ({
      AWS_BATCH_JOB_ID: `8f1a6d3c-0000-4c4f-9b1e-1c2d3e4f5a6b:${task}`,
      AWS_BATCH_JOB_ARRAY_INDEX: `${task}`,
      AWS_BATCH_JOB_ARRAY_SIZE: `${TASKS}`,
      AWS_BATCH_JOB_ATTEMPT: '1',
    }),
  ],
];

let site: Site;
let folder: string;
let urls: string[];

beforeAll(async () => {
  site = await openSite();
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  urls = Array.from({ length: 300 }, (_, i) => `http://127.0.9.${1 + (i % 20)}:${site.port}/${i}`);
  writeFileSync(join(folder, 'urls.txt'), urls.join('\n'));
});

afterAll(() => {
  site?.close();
  rmSync(folder, { recursive: true });
});

describe.each(ENGINES)('%s', (_, environment) => {
  test('has every URL in one of its tasks, and no host over its limit', async () => {
    site.reset();
    const list = join(folder, 'urls.txt');
    const parts = await Promise.all(
      Array.from({ length: TASKS }, (_, task) =>
        run(process.execPath, [BIN, '-q', '-f', 'ndjson', '--per-host', '2', '--shard', 'auto', list], {
          env: environment(task),
        }),
      ),
    );
    for (const part of parts) expect(part).not.toBe('');
    expectOneRowEach(parts.flatMap(rowsOf), urls);
    expect(Math.max(...site.peaks.values())).toBe(2);
  });
});
