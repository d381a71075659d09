// Makes docs/compare.png, which the README shows: the upper part of the page of `fetch-lengths --demo --compare`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './browser.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const picture = join(root, 'docs/compare.png');

/** What a README's first picture may weigh, in bytes. */
const MOST = 200_000;

const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
const browser = await startBrowser();
try {
  const path = join(folder, 'compare.html');
  execFileSync(process.execPath, [join(root, 'dist/bin.cjs'), '--demo', '--compare', '-f', 'html', '-o', path]);
  const page = await browser.newPage({ viewport: { width: 960, height: 900 }, deviceScaleFactor: 1.5 });
  await page.goto(`file://${path}`);
  const flights = await page.locator('.flights').boundingBox();
  if (flights === null) throw new Error('the page shows no waterfall');
  const height = Math.ceil(flights.y + flights.height + 16);
  await page.setViewportSize({ width: 960, height });
  await page.screenshot({ path: picture, animations: 'disabled' });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
const { size } = statSync(picture);
process.stdout.write(`docs/compare.png: ${size} bytes\n`);
if (size > MOST) throw new Error(`more than ${MOST}`);
