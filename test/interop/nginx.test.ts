import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/types.js';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith, run } from '../helpers/programs.js';
import { Authority } from './certificates.js';
import { BIN, report, rowOf, runCommand } from './cli.js';
import { answer, curl } from './curl.js';
import { GZIP_MIN_LENGTH, startNginx } from './servers/nginx.js';
import type { Site } from './site.js';

const ROOT = resolve('node_modules');

/** A file that nginx serves. */
interface ServedFile {
  /** From the root on, percent-encoded. */
  readonly path: string;
  /** On disk, in bytes. */
  readonly size: number;
}

describeWith(['nginx', 'jq', 'curl', 'openssl'], 'thousands of real files from nginx', () => {
  let folder: string;
  let cacert: string;
  let site: Site;
  let files: readonly ServedFile[];
  let bytes: number;

  beforeAll(async () => {
    folder = await makeFolder();
    files = await listFiles(ROOT);
    expect(files.length).toBeGreaterThan(2000);
    bytes = files.reduce((sum, { size }) => sum + size, 0);
    const authority = await Authority.create(folder);
    cacert = authority.cacert;
    const own = join(folder, 'nginx');
    await mkdir(own);
    site = await startNginx({ root: ROOT, folder: own, certificate: await authority.sign('localhost') });
  });

  afterAll(async () => {
    await site?.stop();
    await removeFolder(folder);
  });

  describe.each(['http', 'https'] as const)('over %s', (scheme) => {
    const urlOf = (path: string): string => `${site.origins[scheme]}/${path}`;
    const trust = (): string[] => (scheme === 'https' ? ['--cacert', cacert] : []);

    async function writeList(paths: readonly string[]): Promise<string> {
      const list = join(folder, 'list.txt');
      await writeFile(list, paths.map((path) => `${urlOf(path)}\n`).join(''));
      return list;
    }

    describe.each([
      ['as they are', []],
      ['compressed', ['--compressed']],
    ] as const)('%s', (_, compressed) => {
      const gzipped = ({ size }: ServedFile): boolean => compressed.length > 0 && size >= GZIP_MIN_LENGTH;

      test.each(['sequential', 'concurrent'])('%s: every length is the size on disk', async (mode) => {
        const list = await writeList(files.map(({ path }) => path));
        const output = join(folder, 'report.json');
        await runCommand(['--mode', mode, ...compressed, ...trust(), '--json', '-o', output, list]);

        const report = JSON.parse(await readFile(output, 'utf8')) as Report;
        expect(report.mode).toBe(mode);
        expect(report.results).toHaveLength(files.length);
        const wrong = report.results.filter((row, i) => {
          const file = files[i] as ServedFile;
          return !(
            row.index === i &&
            row.url === urlOf(file.path) &&
            row.finalUrl === row.url &&
            row.state === 'ok' &&
            row.status === 200 &&
            row.length === file.size &&
            row.lengthFrom === 'body' &&
            row.decodedBodySize === file.size &&
            row.contentEncoding === (gzipped(file) ? 'gzip' : null) &&
            // nginx cannot declare the length of what it compresses as it sends it.
            row.contentLength === (gzipped(file) ? null : file.size) &&
            (gzipped(file) || row.encodedBodySize === file.size)
          );
        });
        expect(wrong).toEqual([]);

        const { totals } = report;
        expect(totals).toMatchObject({ urls: files.length, ok: files.length, httpErrors: 0, failed: 0, length: bytes });
        if (compressed.length > 0) {
          expect(files.filter(gzipped).length).toBeGreaterThan(files.length / 2);
          expect(totals.encodedBodySize).toBeLessThan(bytes / 2);
        } else {
          expect(totals.encodedBodySize).toBe(bytes);
        }
        const sums = '.totals.length == $bytes and ([.results[].length] | add) == $bytes';
        expect(await run('jq', ['--argjson', 'bytes', String(bytes), sums, output])).toBe('true\n');
      });

      test('curl tells the same', async () => {
        const every = Math.ceil(files.length / 50);
        const sample = files.filter((_, i) => i % every === 0).map(({ path }) => path);
        // A page that is not there, and a folder: nginx redirects from it to its listing.
        const paths = [...sample, 'no/such/file', 'commander'];
        const { results } = await report(paths.map(urlOf), [...compressed, ...trust()], folder);
        const told = await curl(paths.map(urlOf), [...compressed, ...trust()], folder);
        expect(told.at(-2)).toMatchObject({ status: 404, redirects: 0 });
        expect(told.at(-1)).toMatchObject({ status: 200, redirects: 1, finalUrl: urlOf('commander/') });
        expect(results.map(answer)).toEqual(told.map(answer));
      });
    });

    test('jq reads the rows out of a pipe', async () => {
      const list = await writeList(files.map(({ path }) => path));
      const pipe = '"$@" | jq -r "[.index, .length, .state] | @tsv"';
      const command = [process.execPath, BIN, ...trust(), '--format', 'ndjson', list];
      const lines = await run('sh', ['-c', pipe, 'sh', ...command]);
      expect(lines.split('\n')).toEqual([...files.map(({ size }, i) => `${i}\t${size}\tok`), '']);
    });
  });

  test('an unknown root is not trusted', async () => {
    const url = `${site.origins.https}/${files[0]?.path}`;
    const { state, error } = await rowOf(url, []);
    expect([state, error?.code]).toEqual(['failed', 'tls']);
  });
});

/** Every file under a folder, symbolic links left out. */
async function listFiles(root: string): Promise<ServedFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    // Vite's cache changes while the test runs.
    .filter((path) => !path.startsWith('.vite'))
    .sort();
  return Promise.all(
    paths.map(async (path) => ({
      path: path.split('/').map(encodeURIComponent).join('/'),
      size: (await stat(join(root, path))).size,
    })),
  );
}
