import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { partOf as shardOf } from '../../src/shard.js';
import type { FetchResult } from '../../src/types.js';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { gateServer } from '../helpers/gate-server.js';
import { type ArrayEngine, AWS_BATCH, COMPLETIONS, Container, KUBERNETES, KUBERNETES_WITHOUT_TOTAL } from './arrays.js';
import { joinParts, pathWithCommand } from './recipes.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';

const TASKS = 4;
const HOSTS = 20;

let site: Site;
let folder: string;
let path: string;
let list: string;

beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

beforeEach(async () => {
  site.reset();
  folder = await makeFolder();
  path = pathWithCommand(folder);
  list = join(folder, 'urls.txt');
  onTestFinished(() => removeFolder(folder));
});

/** Makes the list: so many URLs, shared out among hosts. */
function listUrls(count: number): string[] {
  const urls = Array.from({ length: count }, (_, i) => `http://127.0.9.${1 + (i % HOSTS)}:${site.port}/${i}`);
  writeFileSync(list, urls.join('\n'));
  return urls;
}

/** Where a task leaves its part, on a volume that all of them share. */
const partOf = (index: number): string => join(folder, `part-${index}.ndjson`);

const rowsIn = (file: string): FetchResult[] => rowsOf(readFileSync(file, 'utf8'));

function start(engine: ArrayEngine, index: number, attempt = 1): Container {
  return new Container(engine, { index, tasks: TASKS, attempt }, { folder, path });
}

const everyTask = Array.from({ length: TASKS }, (_, index) => index);

const SUCCEEDED = { status: 0, signal: null, stdout: '', stderr: '' };

describe.each([
  [KUBERNETES.name, KUBERNETES],
  [AWS_BATCH.name, AWS_BATCH],
])('%s', (_, engine) => {
  test('has every URL in one of its tasks, and no host over its limit', async () => {
    const urls = listUrls(300);
    const ended = await Promise.all(everyTask.map((index) => start(engine, index).ended));
    expect(ended).toEqual(everyTask.map(() => SUCCEEDED));
    const parts = everyTask.map((index) => rowsIn(partOf(index)));
    for (const part of parts) expect(part).not.toEqual([]);
    expectOneRowEach(parts.flat(), urls);
    expect(Math.max(...site.peaks.values())).toBe(2);
  });

  test('goes on with the part of a task that was killed in the middle', async () => {
    const urls = listUrls(1_200);
    const killed = start(engine, 1);
    // In the middle is where rows are written, and requests still come.
    for (let count = 1; sizeOf(partOf(1)) === 0; count++) await site.asked(count);
    killed.kill();
    expect(await killed.ended).toMatchObject({ status: null, signal: 'SIGKILL' });
    const kept = rowsIn(partOf(1));

    const others = everyTask.filter((index) => index !== 1).map((index) => start(engine, index));
    const again = [...others, start(engine, 1, 2)];
    expect(await Promise.all(again.map(({ ended }) => ended))).toEqual(everyTask.map(() => SUCCEEDED));
    expectOneRowEach(
      everyTask.flatMap((index) => rowsIn(partOf(index))),
      urls,
    );
    expect(kept.length).toBeLessThan(rowsIn(partOf(1)).length);
    for (const { url } of kept) expect(site.requests.get(url)).toBe(1);
  });
});

test('a task that is told to end has whole rows long before it would be killed, and the next one goes on', async () => {
  const gate = await gateServer();
  const urls = Array.from({ length: 60 }, (_, i) => `${gate.origin}/${i}`);
  writeFileSync(list, urls.join('\n'));
  // All URLs are of one host, and so of one task.
  const task = partOfHost('127.0.0.1');
  const first = start(KUBERNETES, task);
  await gate.arrived(2);
  for (let answered = 0; answered < 10; answered++) {
    gate.release();
    await gate.arrived(2);
  }
  // Two are in flight, and never answered.
  expect(await first.terminate()).toEqual({ ...SUCCEEDED, status: 128 + 15 });
  const whole = Array.from({ length: 10 }, () => undefined);
  expect(rowsIn(partOf(task)).map(({ error }) => error?.code)).toEqual([...whole, 'aborted', 'aborted']);

  gate.open();
  expect(await start(KUBERNETES, task, 2).ended).toEqual(SUCCEEDED);
  const rows = rowsIn(partOf(task));
  expect(rows.map(({ url }) => url).toSorted()).toEqual(urls.toSorted());
  for (const { state } of rows) expect(state).toBe('ok');
});

test('two pods of one index, which Kubernetes does not rule out, lose nothing', async () => {
  const urls = listUrls(600);
  const ended = await Promise.all([0, 0, 1, 2, 3].map((index) => start(KUBERNETES, index).ended));
  expect(ended).toEqual(ended.map(() => SUCCEEDED));
  expectOneRowEach(await joinParts(folder, path), urls);
});

test('a manifest tells each pod of as many as there are', () => {
  expect(COMPLETIONS[0]).toBe(COMPLETIONS[1]);
});

test('a Job whose manifest forgot JOB_COMPLETIONS fails with one line, and asks for nothing', async () => {
  listUrls(20);
  expect(await start(KUBERNETES_WITHOUT_TOTAL, 1).ended).toEqual({
    ...SUCCEEDED,
    status: 2,
    stderr:
      "fetch-lengths: option '--shard <i/n|auto>': Kubernetes tells in JOB_COMPLETION_INDEX which part this is, " +
      'but not in JOB_COMPLETIONS of how many\n',
  });
  expect([site.requests.size, sizeOf(partOf(1))]).toEqual([0, 0]);
});

/** The index of the task that has a host's URLs. */
function partOfHost(host: string): number {
  return shardOf({ index: 0, url: `http://${host}/`, flaw: null }, TASKS, 'host') - 1;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
