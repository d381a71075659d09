import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith, inCI, run } from '../helpers/programs.js';
import { Machines } from './machines.js';
import { canMakeNamespaces, siteAddress } from './namespaces.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';

const HOSTS = 24;
const URLS_PER_HOST = 200;
const PARTS = 12;

const able = canMakeNamespaces();

describeWith(['parallel', 'ssh', 'ip'], 'GNU parallel on three machines', () => {
  describe.skipIf(!able && !inCI)(`in network namespaces${able ? '' : ' (none may be made here)'}`, () => {
    const machines = new Machines();
    let site: Site;
    let folder: string;
    let list: string;
    let urls: string[];

    beforeAll(async () => {
      site = await openSite();
      folder = await makeFolder();
      list = join(folder, 'urls.txt');
      const count = HOSTS * URLS_PER_HOST;
      urls = Array.from({ length: count }, (_, i) => `http://${siteAddress(1 + (i % HOSTS))}:${site.port}/${i}`);
      await writeFile(list, `${urls.join('\n')}\n`);
      await machines.make();
    });

    afterEach(async () => {
      site.reset();
      await machines.restore();
    });

    afterAll(async () => {
      site?.close();
      await machines.remove();
      await removeFolder(folder);
    });

    const command = 'fetch-lengths -q -f ndjson --exit-zero --per-host 2';

    const parallel = (options: string): string => `parallel --sshlogin ${machines.logins} -j 2 ${options}`;

    /** To a file first: as long as a command says something, sshd does not find out that its caller is gone. */
    const toFile = (file: string, options = ''): string => `'${command} ${options} -o ${file} && cat ${file}'`;

    /** A task for each part of the list. */
    const inParts = (options = ''): string =>
      `${parallel(options)} ${toFile('part-{}.ndjson', `--shard {}/${PARTS} ${list}`)} ::: $(seq ${PARTS})`;

    /** A task for each few hosts: the list is sorted by host, and no block has half of one. */
    const inBlocks = (options = ''): string =>
      `LC_ALL=C sort -t / -k 3,3 ${list} | ` +
      `${parallel(options)} --pipe --block 20k --colsep / --group-by 3 ${toFile('block-{#}.ndjson')}`;

    const expectPolite = (): void => {
      expect(site.peaks.size).toBe(HOSTS);
      expect([...new Set(site.peaks.values())]).toEqual([2]);
    };

    /** Cuts a machine off when a third of the list has been asked for. */
    const cutOffOne = async (): Promise<number> => {
      await site.asked(urls.length / 3);
      return machines.cutOffOneAtWork(site.port);
    };

    /** Some of what the machine had done was lost with it, and nothing of it goes on there. */
    const expectLost = async (machine: number): Promise<void> => {
      expect([...site.requests.values()].some((count) => count > 1)).toBe(true);
      expect(await machines.commandsOn(machine)).toEqual([]);
    };

    test.each([
      ['parts', inParts, 'list'],
      ['blocks', inBlocks, 'block'],
    ])('shares a list out in %s, with no host over its limit', async (_, line, indexed) => {
      const rows = rowsOf(await machines.run(line()));
      expectOneRowEach(rows, urls);
      expectPolite();
      expect([...site.requests.values()].every((count) => count === 1)).toBe(true);
      // A block's rows are counted from its own start: what joins them to the list is their URL.
      expect(rows.every(({ index, url }) => urls[index] === url)).toBe(indexed === 'list');
    });

    test.each([
      ['parts', inParts],
      ['blocks', inBlocks],
    ])('does once more elsewhere, in %s, what a machine had that was cut off', async (_, line) => {
      const [text, machine] = await Promise.all([machines.run(line('--retries 3')), cutOffOne()]);
      expectOneRowEach(rowsOf(text), urls);
      expectPolite();
      await expectLost(machine);
    });

    test('leaves to --resume what a machine had that was cut off, if it is told to try nothing again', async () => {
      const rows = join(folder, 'lengths.ndjson');
      const line = `${parallel('')} ${command} --shard {}/${PARTS} ${list} ::: $(seq ${PARTS}) >${rows}`;
      const running = expect(machines.run(line)).rejects.toThrow('Command failed');
      const [machine] = await Promise.all([cutOffOne(), running]);
      const options = ['-q', '-f', 'ndjson', '--per-host', '2', '--resume', '-o', rows];
      await run(process.execPath, ['dist/bin.cjs', ...options, list]);
      expectOneRowEach(rowsOf(await readFile(rows, 'utf8')), urls);
      expectPolite();
      await expectLost(machine);
    });
  });
});
