import { rmSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { type ArrayEngine, AWS_BATCH_S3, Container } from './arrays.js';
import { joinParts, pathWithCommand } from './recipes.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';

const TASKS = 4;
const HOSTS = 20;

/** `aws s3 cp`, the bucket being a folder. */
const AWS = (bucket: string): string => `#!/bin/sh
place() { case $1 in s3://BUCKET/*) echo '${bucket}'/"\${1#s3://BUCKET/}" ;; *) echo "$1" ;; esac; }
[ "$1 $2" = 's3 cp' ] && exec cp "$(place "$3")" "$(place "$4")"
`;

let site: Site;
let folder: string;
let bucket: string;
let path: string;
let containers = 0;

beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

beforeEach(async () => {
  site.reset();
  folder = await makeFolder();
  onTestFinished(() => removeFolder(folder));
  bucket = join(folder, 'bucket');
  await mkdir(bucket);
  path = pathWithCommand(folder);
  await writeFile(join(folder, 'bin', 'aws'), AWS(bucket), { mode: 0o755 });
});

async function upload(count: number): Promise<string[]> {
  const urls = Array.from({ length: count }, (_, i) => `http://127.0.10.${1 + (i % HOSTS)}:${site.port}/${i}`);
  await writeFile(join(bucket, 'urls.txt'), urls.join('\n'));
  return urls;
}

/** A container has a disk of its own, which is empty. */
async function start(
  index: number,
  engine: ArrayEngine = AWS_BATCH_S3,
): Promise<Container & { readonly disk: string }> {
  const disk = join(folder, `container-${++containers}`);
  await mkdir(disk);
  const container = new Container(engine, { index, tasks: TASKS, attempt: 1 }, { folder: disk, path });
  return Object.assign(container, { disk });
}

async function statusOf(index: number, engine?: ArrayEngine): Promise<number | null> {
  return (await (await start(index, engine)).ended).status;
}

const everyTask = Array.from({ length: TASKS }, (_, index) => index);

/** Of every URL asked for so far. */
const timesAsked = (): number[] => [...new Set(site.requests.values())];

test('all parts are in the bucket, no host over its limit, and what is tried again has nothing to do', async () => {
  const urls = await upload(300);
  expect(await Promise.all(everyTask.map((index) => statusOf(index)))).toEqual([0, 0, 0, 0]);
  expect(Math.max(...site.peaks.values())).toBe(2);
  expect(await statusOf(1)).toBe(0);
  expectOneRowEach(await joinParts(bucket, path), urls);
  expect(timesAsked()).toEqual([1]);
});

test('a machine that is taken back leaves its part in the bucket, and another goes on with it', async () => {
  const urls = await upload(2_400);
  const first = await start(1);
  // It is looked at as a request comes, whose answer has to wait for that: so the task is not done.
  for (let count = 1; sizeOf(join(first.disk, 'part-1.ndjson')) === 0; count++) await site.asked(count);
  expect(await first.terminate()).toMatchObject({ status: 128 + 15, signal: null });
  const kept = rowsOf(await readFile(join(bucket, 'part-1.ndjson'), 'utf8'));
  expect(kept).toHaveLength(site.requests.size);

  expect(await Promise.all(everyTask.map((index) => statusOf(index)))).toEqual([0, 0, 0, 0]);
  expect(kept.length).toBeLessThan(rowsOf(await readFile(join(bucket, 'part-1.ndjson'), 'utf8')).length);
  expectOneRowEach(await joinParts(bucket, path), urls);
  expect(timesAsked()).toEqual([1]);
});

test('wrong use has a status of its own, which is not tried again', async () => {
  await upload(20);
  const wrong = await start(1, { ...AWS_BATCH_S3, variables: () => ({ AWS_BATCH_JOB_ARRAY_INDEX: '1' }) });
  expect(await wrong.ended).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("fetch-lengths: option '--shard <i/n|auto>': ") as string,
  });
  expect([site.requests.size, await readdir(bucket)]).toEqual([0, ['urls.txt']]);
});

test('a list that does not come, and a part that does not arrive, are tried again', async () => {
  expect(await statusOf(1)).toBe(1);
  await upload(300);
  const second = await start(1);
  await site.asked(1);
  // All of it at once: no answer goes out meanwhile, so the task is not done before.
  rmSync(bucket, { recursive: true });
  expect((await second.ended).status).toBe(1);
});

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
