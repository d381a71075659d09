import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { version } from '../src/version.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

test('the version is that of package.json', () => {
  expect(version).toBe(manifest.version);
});

test('the changelog tells of it', () => {
  expect(readFileSync(`${root}/CHANGELOG.md`, 'utf8')).toContain(`## ${manifest.version}`);
});

test('the package holds what a user needs, and nothing else', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
  });
  const paths: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
  expect(paths.filter((path) => !path.startsWith('dist/')).toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'docs/api.md',
    'docs/many-machines.md',
    'package.json',
    'src/schema.json',
  ]);
  expect(paths).toContain('dist/bin.cjs');
  expect(paths).toContain('dist/page.js');
  expect(paths.filter((path) => /^dist\/.*(?<!\.d\.ts|\.d\.cts|\.js|\.cjs)$/.test(path))).toEqual([
    'dist/fetch-lengths.1',
  ]);
});

test('the dependencies at run time are those that the README gives reasons for', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['commander', 'p-limit', 'undici']);
});
