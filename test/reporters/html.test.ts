import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { reporters } from '../../src/reporters/index.js';
import type { FetchResult, ReportedRun } from '../../src/types.js';
import { answered, failed, runOf, textOf } from '../helpers/rows.js';

const PLAIN = { colour: false, width: null };
const { report, compare } = reporters.html as Required<typeof reporters.html>;

/** What the page has as data, in the order in which it has it. */
async function dataOf(parts: AsyncIterable<string>): Promise<unknown[]> {
  const text = await textOf(parts);
  return Array.from(text.matchAll(/<script type="application\/json">(.*?)<\/script>/g), ([, json]) =>
    JSON.parse(json ?? ''),
  );
}

const page = (...rows: FetchResult[]): Promise<string> => textOf(report(runOf(rows), PLAIN));

describe('html', () => {
  test('has of each row what the page shows, unknowns as null', async () => {
    expect(await dataOf(report(runOf([answered(), failed()]), PLAIN))).toEqual([
      { mode: 'concurrent', concurrency: 16, startedDateTime: '2026-01-02T03:04:05.678Z' },
      [
        [0, 'http://host/', 'ok', 200, 1270, 'text/html', 0, 1, 0.5, 1.25, 2, 3.125, null],
        [
          1,
          'http://nowhere.invalid/',
          'failed',
          null,
          null,
          null,
          0,
          1,
          0.75,
          null,
          null,
          10,
          'dns: host not found: nowhere.invalid',
        ],
      ],
      { duration: 1021.5, totals: runOf([]).totals },
    ]);
  });

  test('of a comparison has both runs and the speed-up', async () => {
    const sequential = runOf([answered()], { mode: 'sequential', concurrency: 1, duration: 13_020 });
    const data = await dataOf(compare([sequential, runOf([answered()])], PLAIN));
    expect(data.map((part) => Object.keys(part as object)[0])).toEqual([
      'mode',
      '0',
      'duration',
      'mode',
      '0',
      'duration',
      'speedup',
    ]);
    expect(data.at(-1)).toEqual({ speedup: 12.7 });
  });

  test('of an interrupted comparison has no speed-up', async () => {
    expect((await dataOf(compare([runOf([answered()])], PLAIN))).at(-1)).not.toHaveProperty('speedup');
  });

  test('lets rows leave before the next ones come', async () => {
    let given = 0;
    const many: ReportedRun = {
      ...runOf([]),
      async *rows() {
        for (; given < 100; given++) yield Array<FetchResult>(100).fill(answered());
      },
    };
    for await (const part of report(many, PLAIN)) {
      if (!part.includes('http://host/')) continue;
      expect(given).toBeLessThan(5);
      break;
    }
  });

  test('lets nothing in its data end a script, begin a comment or be half a character', async () => {
    const url = 'http://h/</script><!--<script>\u2028\u2029\ud800\0]]>';
    const error = { code: 'protocol', cause: null, message: '</SCRIPT><img src=x onerror=alert(1)>' } as const;
    const text = await page(answered({ url, contentType: '<!--' }), failed({ error }));
    const plain = await page(answered(), failed());
    for (const mark of [/<\/script/gi, /<script/gi, /<!--/g, /<img/g, /[\u2028\u2029\ud800\0]/g]) {
      expect([mark, text.match(mark)?.length]).toEqual([mark, plain.match(mark)?.length]);
    }
    const data = await dataOf(report(runOf([answered({ url })]), PLAIN));
    expect(data[1]).toEqual([expect.arrayContaining([url])]);
  });

  test('lets no script and no style run but its own, and asks nobody for anything', async () => {
    const text = await page();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1]?.split('; ');
    const hash = (inlined: string | undefined) =>
      `'sha256-${createHash('sha256')
        .update(inlined ?? '')
        .digest('base64')}'`;
    expect(policy).toEqual([
      "default-src 'none'",
      `script-src ${hash(/<script>(.*)<\/script>/s.exec(text)?.[1])}`,
      `style-src ${hash(/<style>(.*)<\/style>/s.exec(text)?.[1])}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(text).not.toMatch(/ (href|src|style|on\w+)=/);
    expect(Buffer.byteLength(text)).toBeLessThan(300_000);
  });
});
