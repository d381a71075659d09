import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { run } from '../helpers/cli.js';
import { everyKind } from '../helpers/kinds.js';
import { startBrowser } from './browser.mjs';

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

afterAll(() => browser.close());

/** What the Network panel of Chromium's developer tools shows of a HAR file: the texts of its cells, row by row. */
async function imported(file: string): Promise<string[][]> {
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  onTestFinished(() => page.close());
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  page.on('dialog', (dialog) => errors.push(new Error(dialog.message())));
  await page.goto('devtools://devtools/bundled/devtools_app.html');
  await page.getByRole('tab', { name: 'Network', exact: true }).click();
  await page.locator('input[type=file]').first().setInputFiles(file);
  const rows = page.locator('.network-log-grid tr.data-grid-data-grid-node');
  // They come in batches.
  await rows.nth(read(file).log.entries.length - 1).waitFor();
  const cells = await Promise.all((await rows.all()).map((row) => row.locator('td').allInnerTexts()));
  expect(errors).toEqual([]);
  // Numbers and their units have a no-break space between them.
  return cells.map((row) => row.map((text) => text.replaceAll('\u00a0', ' ')));
}

interface Har {
  readonly log: { readonly entries: { startedDateTime: string; readonly time: number }[] };
}

function read(file: string): Har {
  return JSON.parse(readFileSync(file, 'utf8')) as Har;
}

/** A time as the panel shows it, in milliseconds. */
function shownTime(text = ''): number {
  const [, digits, unit] = /^([\d.]+) (ms|s)$/.exec(text) ?? [];
  return Number(digits) * (unit === 's' ? 1000 : 1);
}

/**
 * The HAR file of a run over these lines, one after the other: the panel puts entries in the order of their starts, and
 * those of one millisecond in another, the tenth before the second. So each has a millisecond more than it had.
 */
async function record(lines: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'run.har');
  await run(['-f', 'har', '-q', '--retry', '0', '-m', 'sequential', '-o', file], { stdin: lines.join('\n') });
  const har = read(file);
  for (const [i, entry] of har.log.entries.entries()) {
    entry.startedDateTime = new Date(Date.parse(entry.startedDateTime) + i).toISOString();
  }
  writeFileSync(file, JSON.stringify(har));
  return file;
}

test('the Network panel of Chromium takes a HAR file', async () => {
  const { urls } = await everyKind();
  const file = await record(urls);
  const rows = await imported(file);
  expect(rows.map(([name, status, , , size]) => [name, status, size])).toEqual([
    ['ok', '200', '5.0 kB'],
    ['gzip', '200', '0.1 kB'],
    ['chunked', '200', '0.0 kB'],
    ['empty', '204', '0.0 kB'],
    ['missing', '404', '0.0 kB'],
    ['ok', '200', '5.0 kB'],
    ['lost', 'Finished', '0.0 kB'],
    ['truncated', '200', '0.0 kB'],
    ['ok?q=a%20b&r', '200', '5.0 kB'],
    ['refused', 'Finished', '0.0 kB'],
    ['about:invalid', 'Finished', '0.0 kB'],
  ]);
  for (const [i, { time }] of read(file).log.entries.slice(0, -1).entries()) {
    const shown = shownTime(rows[i]?.[5]);
    // The panel rounds it, from a second on to a hundredth of one.
    expect(Math.abs(shown - time), String(rows[i])).toBeLessThanOrEqual(shown < 1000 ? 1 : 10);
  }
});

test('the Network panel of Chromium takes what a hostile list brings', async () => {
  const { server } = await everyKind();
  const rows = await imported(
    await record([
      `${server.origin}/ok?"><img src=x onerror=alert(1)>`,
      '</script><script>alert(1)</script>',
      '\u202e\u2028\x1b[2J\ufeff',
      `http://127.0.0.1:1/${'x'.repeat(60_000)}`,
      'x'.repeat(100_000),
    ]),
  );
  expect(rows.map(([, status]) => status)).toEqual(['200', 'Finished', 'Finished', 'Finished', 'Finished']);
});
