import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith } from '../helpers/programs.js';
import { found, recipes } from './recipes.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';
import { Cluster, type Job } from './slurm.js';
import { until } from './until.js';

const HOSTS = 20;
const URLS = 300;

const [LENGTHS, JOIN, SUBMITTED] = recipes('Slurm', 'sh', 3);

/** Behind the script: it makes a task last some three seconds, so that what happens to it does so in its middle. */
const SLOWLY = found(SUBMITTED, /lengths\.sbatch (.*?)\)/).split(' ');

/** Smaller than that of the script. */
const ARRAY = '--array=10-38:7';

// Root alone may start nodes; in CI it is a failure not to be.
const isAble = process.getuid?.() === 0 || Boolean(process.env['CI']);

/** The state that it ended in, its exit status and the signal that ended it. */
const ending = ({ JobState, ExitCode }: Job): string => `${JobState} ${ExitCode}`;

describeWith(['slurm', 'munge', 'unshare'], 'Slurm', () => {
  describe.runIf(isAble)('an array of jobs, started by root', () => {
    let site: Site;
    let folder: string;
    let work: string;
    let urls: string[];
    let cluster: Cluster;

    beforeAll(async () => {
      site = await openSite();
      folder = await makeFolder();
      work = join(folder, 'work');
      urls = Array.from({ length: URLS }, (_, i) => `http://127.0.21.${1 + (i % HOSTS)}:${site.port}/${i}`);
      await mkdir(work);
      cluster = new Cluster(folder, work);
      await cluster.start();
    });

    beforeEach(async () => {
      site.reset();
      for (const file of await readdir(work)) await rm(join(work, file));
      await writeFile(join(work, 'urls.txt'), urls.join('\n'));
      await writeFile(join(work, 'lengths.sbatch'), LENGTHS);
      await writeFile(join(work, 'join.sbatch'), JOIN);
    });

    afterEach(() => cluster.clear());

    afterAll(async () => {
      site?.close();
      try {
        await cluster?.stop();
      } finally {
        await removeFolder(folder);
      }
    });

    const rowsIn = async (file: string): Promise<FetchResult[]> => rowsOf(await readFile(join(work, file), 'utf8'));

    const partsOf = async (): Promise<string[]> =>
      (await readdir(work)).filter((file) => /^part-.*\.ndjson$/.test(file));

    async function rowsOfParts(): Promise<FetchResult[]> {
      return (await Promise.all((await partsOf()).map(rowsIn))).flat();
    }

    /** Resolves when so many tasks have rows. */
    async function haveBegun(tasks: number): Promise<void> {
      const sizes = async (): Promise<number[]> =>
        Promise.all((await partsOf()).map(async (file) => (await readFile(join(work, file))).length));
      await until(sizes, (parts) => parts.filter((size) => size > 0).length === tasks);
    }

    /** How often each of the rows' URLs was asked for, each number once. */
    function timesAsked(rows: readonly { readonly url: string }[]): number[] {
      const times = new Set(rows.map(({ url }) => site.requests.get(url) ?? 0));
      return [...times].toSorted((a, b) => a - b);
    }

    test.each(['10-38:7', '1-5%3'])(
      '%s has every URL in one of its tasks, and no host over its limit',
      async (array) => {
        const job = await cluster.submit([`--array=${array}`, 'lengths.sbatch']);
        const tasks = await cluster.ended(job);

        expect(tasks.map(ending)).toEqual(Array(5).fill('COMPLETED 0:0'));
        expect(await partsOf()).toHaveLength(5);
        expectOneRowEach(await rowsOfParts(), urls);
        expect(timesAsked(urls.map((url) => ({ url })))).toEqual([1]);
        expect(Math.max(...site.peaks.values())).toBe(2);
      },
    );

    test('a task that is killed goes on where it was, one that is lost is filled in by the run that joins', async () => {
      const job = await cluster.submit([ARRAY, 'lengths.sbatch', ...SLOWLY]);
      const [killed, lost] = [`${job}_10`, `${job}_17`];
      await haveBegun(5);
      // As the kernel does where memory runs out; that is none of the ends after which Slurm itself requeues a task.
      await cluster.command('scancel', ['--batch', '--signal=KILL', killed]);
      await cluster.command('scancel', [lost]);

      expect((await cluster.ended(lost)).map(ending)).toEqual(['CANCELLED 143:0']);
      const lostRows = await rowsIn('part-17.ndjson');
      await rm(join(work, 'part-17.ndjson'));
      expect((await cluster.ended(killed)).map(ending)).toEqual(['FAILED 0:9']);
      const rows = await rowsIn('part-10.ndjson');
      await cluster.command('scontrol', ['requeue', killed]);
      const joining = await cluster.submit([found(SUBMITTED, /(--dep\S*:)\$id join/) + job, 'join.sbatch']);
      expect((await cluster.ended(joining)).map(ending)).toEqual(['COMPLETED 0:0']);

      expect((await cluster.jobs(killed)).map(ending)).toEqual(['COMPLETED 0:0']);
      expect(rows.length).toBeLessThan((await rowsIn('part-10.ndjson')).length);
      const others = await Promise.all([24, 31, 38].map((task) => rowsIn(`part-${task}.ndjson`)));
      expect(timesAsked([...rows, ...others.flat()])).toEqual([1]);
      expect(timesAsked(lostRows)).toEqual([2]);
      expectOneRowEach(await rowsIn('all.ndjson'), urls);
    });

    test('tasks that make room for an urgent job write down all that they have asked for, and go on behind it', async () => {
      const job = await cluster.submit([ARRAY, 'lengths.sbatch', ...SLOWLY]);
      await haveBegun(5);
      await cluster.submit(['--partition=urgent', '--ntasks=6', '--output=urgent.log', '--wrap=true']);
      const tasks = await cluster.ended(job);

      expect(tasks.map(ending)).toEqual(Array(5).fill('COMPLETED 0:0'));
      expect(tasks.map(({ Restarts }) => Restarts)).toEqual(Array(5).fill('1'));
      expectOneRowEach(await rowsOfParts(), urls);
      expect(timesAsked(urls.map((url) => ({ url })))).toEqual([1]);
    });

    test('a task of an array without an even step ends with a line that says so, and asks for nothing', async () => {
      const job = await cluster.submit(['--array=1,3,7', 'lengths.sbatch']);
      const tasks = await cluster.ended(job);

      expect(tasks.map(ending)).toEqual(Array(3).fill('FAILED 2:0'));
      expect(await readFile(join(work, 'part-3.log'), 'utf8')).toBe(
        "fetch-lengths: option '--shard <i/n|auto>': SLURM_ARRAY_TASK_ID=3 is of an array that has no even step\n",
      );
      expect(site.requests.size).toBe(0);
      expect(await partsOf()).toEqual([]);
    });

    // The last one: that node stays dead.
    test('tasks of a node that dies go on where they were on another', async () => {
      const job = await cluster.submit([ARRAY, 'lengths.sbatch', ...SLOWLY]);
      await haveBegun(5);
      const onNode = (await cluster.jobs(job)).filter(({ NodeList }) => NodeList === 'node2');
      await cluster.killNode('node2');
      const parts = onNode.map(({ ArrayTaskId }) => `part-${ArrayTaskId}.ndjson`);
      const rows = (await Promise.all(parts.map(rowsIn))).flat();
      const tasks = await cluster.ended(job);

      expect(tasks.map(ending)).toEqual(Array(5).fill('COMPLETED 0:0'));
      const again = tasks.filter(({ Restarts }) => Restarts === '1');
      expect(again.map(({ ArrayTaskId }) => ArrayTaskId)).toEqual(onNode.map(({ ArrayTaskId }) => ArrayTaskId));
      expect(again.map(({ NodeList }) => NodeList)).toEqual(['node1', 'node1']);
      expect(rows.length).toBeLessThan((await Promise.all(parts.map(rowsIn))).flat().length);
      expect(timesAsked(rows)).toEqual([1]);
      expectOneRowEach(await rowsOfParts(), urls);
    });
  });
});
