import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FetchResult } from '../../src/types.js';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith, inCI } from '../helpers/programs.js';
import { Machines } from './machines.js';
import { canMakeNamespaces, siteAddress } from './namespaces.js';
import { changed, found, joinParts, pathWithCommand, recipes } from './recipes.js';
import { expectOneRowEach, openSite, rowsOf, type Site } from './site.js';

const HOSTS = 24;
const URLS_PER_HOST = 200;

const [IN_PARTS, IN_BLOCKS] = recipes('GNU parallel', 'sh', 2);

const able = canMakeNamespaces();

const [CLIENT, SERVER] = recipes('GNU parallel', 'text', 2);

/** What a setting of ssh's is. */
const setting = (code: string, name: string): number => Number(found(code, new RegExp(`^ *${name} (\\d+)$`, 'm')));

test('a machine has given its caller up before the caller gives it up', () => {
  // Both wait for one answer more than they are told, and sshd up to twice the interval for each.
  const server = 2 * setting(SERVER, 'ClientAliveInterval') * (setting(SERVER, 'ClientAliveCountMax') + 1);
  const client = setting(CLIENT, 'ServerAliveInterval') * (setting(CLIENT, 'ServerAliveCountMax') + 1);
  expect(server).toBeLessThan(client);
});

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

    const all = (): string => join(folder, 'all.ndjson');

    /** A task for each part of the list. */
    const inParts = (): string => changed(IN_PARTS, { 'urls.txt': list, 'all.ndjson': all() });

    /** A task for each few hosts: the list is sorted by host, and no block has half of one. */
    const inBlocks = (): string =>
      changed(IN_BLOCKS, { 'urls.txt': list, 'all.ndjson': all(), '--block 1M': '--block 20k' });

    const run = async (line: string): Promise<FetchResult[]> => {
      await machines.run(line);
      return rowsOf(await readFile(all(), 'utf8'));
    };

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
      const rows = await run(line());
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
      const [rows, machine] = await Promise.all([run(line()), cutOffOne()]);
      expectOneRowEach(rows, urls);
      expectPolite();
      await expectLost(machine);
    });

    test('leaves to --resume what a machine had that was cut off, if it is told to try nothing again', async () => {
      const part = join(folder, 'part-1.ndjson');
      // Nor has it a file on the machine, so that what comes of a part that is lost is torn.
      const line = changed(inParts(), { ' --retries 4': '', ' -o part-{}.ndjson': '', ' && cat part-{}.ndjson': '' });
      const running = expect(machines.run(changed(line, { [all()]: part }))).rejects.toThrow('Command failed');
      const [machine] = await Promise.all([cutOffOne(), running]);
      expectOneRowEach(await joinParts(folder, pathWithCommand(folder)), urls);
      expectPolite();
      await expectLost(machine);
    });
  });
});
