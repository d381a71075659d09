import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../helpers/rows.js';
import { startBrowser } from './browser.mjs';
import { fetchToPage, startSite, writeLargePage } from './html-pages.js';
import { openPage } from './open-page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let folder = '';
let site: Awaited<ReturnType<typeof startSite>>;
let report = '';
let comparison = '';
let hostile = '';
let head = '';

/** Lines that would act in a page that is less careful. */
const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<img src=x onerror=alert(2)>',
  '<!--<script>',
  '"><svg/onload=alert(3)>',
  'javascript:alert(4)',
  '\u2028\u2029\u202eevil\u0007\u001b[2J',
  `x${'y'.repeat(60_000)}`,
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  site = await startSite();
  browser = await startBrowser();
  report = join(folder, 'report.html');
  comparison = join(folder, 'comparison.html');
  hostile = join(folder, 'hostile.html');
  head = join(folder, 'head.html');
  const { origin } = site;
  const list = `${origin}/300\n${origin}/404\n${origin}/100\n${origin}/200000\nno URL at all\n`;
  await fetchToPage(report, list);
  await fetchToPage(head, list, '--head');
  await fetchToPage(comparison, list, '--compare');
  const urls = HOSTILE.flatMap((text) => [text, `${origin}/10?${encodeURI(text)}`, `${origin}/10?${text}`]);
  // The largest, which the page tells of in a sentence.
  urls.push(`${origin}/500?<img src=x onerror=alert(5)>`);
  await fetchToPage(hostile, urls.join('\n'));
});

afterAll(async () => {
  await browser?.close();
  site?.close();
  rmSync(folder, { recursive: true });
});

/** The texts of a column, as far as its rows have elements. */
const column = (page: Page, n: number): Promise<string[]> => page.locator(`tbody td:nth-child(${n})`).allTextContents();

const URLS = 3;
const BYTES = 4;

/** How many pixels of each drawing are neither grey nor the ink of its letters. */
const coloured = (page: Page, selector: string): Promise<number[]> =>
  page.locator(selector).evaluateAll((canvases) =>
    canvases.map((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return 0;
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let count = 0;
      for (let i = 0; i < pixels.length; i += 4) {
        const [red = 0, green = 0, blue = 0] = pixels.slice(i, i + 3);
        if (Math.abs(red - blue) > 100 && green > 60) count++;
      }
      return count;
    }),
  );

/** How long a page's thread runs until it has loaded, in seconds: what others do meanwhile does not count. */
async function workToLoad(path: string): Promise<number | undefined> {
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  // It counts from here on.
  await session.send('Performance.enable');
  await page.goto(`file://${path}`);
  const { metrics } = await session.send('Performance.getMetrics');
  await page.close();
  return metrics.find(({ name }) => name === 'ThreadTime')?.value;
}

describe('the page', () => {
  test('shows a summary, drawings and rows, says nothing and asks nobody', async () => {
    const { page, complaints, requests } = await openPage(browser, report);
    expect(await page.locator('.facts dd').allTextContents()).toEqual(
      expect.arrayContaining(['5', '3', '1', '1', '200,400']),
    );
    expect(await page.locator('.lead').textContent()).toContain('Concurrent, 16 at once');
    expect(await page.locator('#unfinished').count()).toBe(0);
    const ink = await coloured(page, 'canvas');
    expect(ink).toHaveLength(4);
    for (const pixels of ink) expect(pixels).toBeGreaterThan(500);
    expect(await page.locator('tbody tr').count()).toBe(5);
    expect([complaints, requests]).toEqual([[], []]);
    await page.close();
  });

  test('has failures first, and sorts by what is clicked', async () => {
    const { page } = await openPage(browser, report);
    expect(await column(page, 2)).toEqual(['bad-url', '404', '200', '200', '200']);
    expect(await page.locator('th[aria-sort]').textContent()).toBe('State');
    await page.getByRole('button', { name: 'Bytes' }).click();
    await expect.poll(() => column(page, BYTES)).toEqual(['0', '100', '300', '200,000', '–']);
    expect(await page.locator('th[aria-sort=ascending]').textContent()).toBe('Bytes');
    await page.getByRole('button', { name: 'Bytes' }).click();
    await expect.poll(() => column(page, BYTES)).toEqual(['200,000', '300', '100', '0', '–']);
    expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    await page.close();
  });

  test('filters by text and by state, and says how many are left', async () => {
    const { page } = await openPage(browser, report);
    await page.getByLabel('Filter').fill('/300');
    await expect.poll(() => column(page, URLS)).toEqual([`${site.origin}/300`]);
    expect(await page.getByRole('status').textContent()).toBe('1 of 5 rows');
    await page.getByLabel('Filter').fill('');
    await page.getByLabel('State').selectOption('not-ok');
    await expect.poll(() => column(page, 2)).toEqual(['bad-url', '404']);
    await page.getByLabel('Filter').fill('nothing like it');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(0);
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('1');
    await page.close();
  });

  test('is worked by keyboard alone', async () => {
    const { page } = await openPage(browser, report);
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
    const reached: unknown[] = [];
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      reached.push(await focused());
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outline);
      expect([reached.at(-1), outline]).toEqual([reached.at(-1), expect.stringContaining('solid 3px')]);
      if (reached.at(-1) === 'Bytes') break;
    }
    expect(reached).toEqual(
      expect.arrayContaining(['Waterfall, Concurrent, 16 at once', 'All rows', 'State', 'Bytes']),
    );
    await page.keyboard.press('Enter');
    await expect.poll(() => column(page, BYTES)).toEqual(['0', '100', '300', '200,000', '–']);
    await page.close();
  });

  test('tells the times of the bar under the pointer', async () => {
    const { page } = await openPage(browser, report);
    await page
      .locator('.scroller canvas')
      .first()
      .hover({ position: { x: 300, y: 28 } });
    expect(await page.locator('.details').textContent()).toMatch(/before its request, .* waiting, .* receiving/);
    await page.close();
  });

  test('shows what has no body, and no times', async () => {
    const { page, complaints } = await openPage(browser, head);
    expect((await column(page, BYTES)).toSorted()).toEqual(['0', '100', '200,000', '300', '–'].toSorted());
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('says so if the command was ended before its time', async () => {
    const { page } = await openPage(browser, report);
    const whole = readFileSync(report, 'utf8');
    await page.setContent(whole.slice(0, whole.lastIndexOf('<script>')));
    expect(await page.locator('#unfinished').isVisible()).toBe(true);
    await page.close();
  });
});

describe('the page of a comparison', () => {
  test('has the speed-up and both waterfalls on one axis', async () => {
    const { page, complaints } = await openPage(browser, comparison);
    expect(await page.locator('.headline strong').textContent()).toMatch(/^[\d.]+×$/);
    expect(await page.locator('h3').allTextContents()).toEqual([
      expect.stringMatching(/^Sequential, one at a time[\d.]+ m?s$/),
      expect.stringMatching(/^Concurrent, 16 at once[\d.]+ m?s$/),
    ]);
    expect((await coloured(page, '.scroller canvas')).length).toBe(2);
    await page.getByLabel('Run').selectOption('Sequential, one at a time');
    expect(await page.locator('tbody tr').count()).toBe(5);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('says of each of two recorded runs how it was, whichever comes first', async () => {
    const record = (name: string, starts: readonly number[]): string => {
      const path = join(folder, name);
      const rows = starts.map((startTime, index) => answered({ index, startTime, duration: 10 }));
      writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return path;
    };
    const path = join(folder, 'recorded.html');
    const recordings = ['--from', record('both', [0, 0]), '--from', record('each', [0, 10])];
    await fetchToPage(path, '', '--compare', ...recordings);
    const { page } = await openPage(browser, path);
    const lead = 'All 2 URLs took 20 ms one after the other, and 10 ms with 2 at once.';
    expect(await page.locator('header .lead').textContent()).toBe(lead);
    await page.close();
  });
});

describe('hostile rows', () => {
  test('are text, in which nothing acts', async () => {
    const { page, complaints, requests } = await openPage(browser, hostile);
    const urls = await column(page, URLS);
    expect(urls).toEqual(expect.arrayContaining([expect.stringContaining('</script><script>alert(1)</script>')]));
    expect(urls).toEqual(expect.arrayContaining([expect.stringContaining('\\u2028\\u2029\\u202eevil\\x07\\x1b[2J')]));
    expect(Math.max(...urls.map(({ length }) => length))).toBeLessThan(1000);
    expect(await page.locator('.note').first().textContent()).toContain('<img src=x onerror=alert(5)>');
    expect(await page.locator('a, img, svg, iframe, [href], [onerror], [onload]').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    await page
      .locator('.scroller canvas')
      .first()
      .hover({ position: { x: 300, y: 28 } });
    expect([complaints, requests]).toEqual([[], []]);
    await page.close();
  });
});

describe('everybody', () => {
  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
    ['dark', 360],
  ] as const)('can use it: %s, %i pixels wide', async (colorScheme, width) => {
    for (const path of [report, comparison, hostile]) {
      const { page } = await openPage(browser, path, { colorScheme });
      // Turned or made narrow after it was drawn.
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      // Past the policy, which would not let it run.
      const violations = await page.evaluate(
        `(() => { const module = undefined; ${axe}; })(), axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join()))`,
      );
      expect(violations).toEqual([]);
      await page.close();
    }
  });

  test('can print it: light, all in one, as many rows as make sense', async () => {
    const { page, complaints } = await openPage(browser, report, { colorScheme: 'dark' });
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    const background = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--card'));
    expect(background.trim()).toBe('#ffffff');
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe('20,000 rows', () => {
  test('open with a second of work and scroll to their end', async () => {
    const path = await writeLargePage(folder, 20_000);
    expect(await workToLoad(path)).toBeLessThan(1);
    const { page, complaints } = await openPage(browser, path);
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('20001');
    expect(await page.locator('tbody tr').count()).toBeLessThan(50);
    await page
      .getByRole('region', { name: 'All rows' })
      .evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect.poll(async () => (await column(page, 1)).at(-1)).toBe('19,999');
    expect(await page.locator('tbody tr').last().getAttribute('aria-rowindex')).toBe('20001');
    await page.getByRole('button', { name: 'Duration' }).click();
    await expect.poll(async () => (await column(page, 8))[0]).toBe('45 ms');
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    expect(await page.locator('tbody tr').count()).toBe(500);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
