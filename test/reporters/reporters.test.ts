import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fit } from '../../src/reporters/display-width.js';
import { COMPARING, FORMATS } from '../../src/reporters/formats.js';
import { type Reporter, reporters } from '../../src/reporters/index.js';
import type { FetchResult } from '../../src/types.js';
import { answered, failed, runOf, textOf } from '../helpers/rows.js';

const PLAIN = { colour: false, width: null };
const ROWS = [
  answered(),
  answered({ index: 1, url: 'http://host/gone', state: 'http-error', status: 410, length: 153 }),
  failed({ index: 2 }),
];
const SEQUENTIAL = { mode: 'sequential', concurrency: 1, duration: 13_020 } as const;

test('the names of the formats are those of the reporters', () => {
  expect(Object.keys(reporters)).toEqual(FORMATS);
  expect(FORMATS.filter((format) => reporters[format].compare !== undefined)).toEqual(COMPARING);
});

describe('text', () => {
  const { report, compare } = reporters.text as Required<Reporter>;

  test('is a length and a URL a line, then a total', async () => {
    expect(await textOf(report(runOf(ROWS), PLAIN))).toBe(
      [
        '        1270 http://host/',
        '         153 http://host/gone  HTTP 410',
        '           - http://nowhere.invalid/  dns: host not found: nowhere.invalid',
        '        1423 total: 3 URLs: 1 ok, 1 HTTP error, 1 failed; 1423 bytes (700 as they came); concurrent, 16 at once; 1.02 s',
        '',
      ].join('\n'),
    );
  });

  test('of an empty list is a total', async () => {
    const totals = { urls: 0, ok: 0, httpErrors: 0, failed: 0, length: 0, encodedBodySize: 0 };
    expect(await textOf(report(runOf([], { ...SEQUENTIAL, totals, duration: 1 }), PLAIN))).toBe(
      '           0 total: 0 URLs: 0 ok, 0 HTTP errors, 0 failed; 0 bytes; sequential, one at a time; 0.00 s\n',
    );
  });

  test('is in colour where it is asked for', async () => {
    const text = await textOf(report(runOf(ROWS), { ...PLAIN, colour: true }));
    expect(text).toContain('\x1b[33m         153 http://host/gone  HTTP 410\x1b[39m\n');
    expect(text).toContain('\x1b[31m           - http://nowhere.invalid/');
  });

  describe('on a terminal', () => {
    const lines = async (width: number, ...rows: FetchResult[]) =>
      (await textOf(report(runOf(rows, { concurrency: 1, expected: 1, duration: 0 }), { ...PLAIN, width })))
        .split('\n')
        .slice(0, -2);
    const row = (url: string) => answered({ url, startTime: 0, duration: 10 });

    test('has a bar a row where there is room', async () => {
      expect(await lines(80, row('http://host/'))).toEqual([
        `        1270 http://host/${' '.repeat(30)}${'█'.repeat(22)}`,
      ]);
      expect(await lines(200, row('http://host/'))).toEqual([
        `        1270 http://host/${' '.repeat(114)}${'█'.repeat(54)}▌`,
      ]);
      expect(await lines(79, row('http://host/'))).toEqual(['        1270 http://host/']);
    });

    test('cuts a URL for it, and nothing else', async () => {
      const long = `http://host/${'x'.repeat(100)}`;
      expect((await lines(80, row(long)))[0]).toMatch(/^ {8}1270 http:\/\/host\/x{27}… {2}█+$/);
      expect(await lines(79, row(long))).toEqual([`        1270 ${long}`]);
      const gone = { ...row(long), state: 'http-error', status: 410 } as const;
      expect((await lines(80, gone))[0]).toMatch(/^ {8}1270 http:\/\/host\/x{17}… {2}HTTP 410 {2}█+$/);
      const reason = 'dns: host not found: nowhere.invalid';
      expect(await lines(80, failed({ url: long }))).toEqual([`           - ${long}  ${reason}`]);
      expect((await lines(120, failed({ url: long })))[0]).toMatch(/^ {11}- http:\/\/host\/x{17}… {2}dns: host not /);
    });

    test('puts the bars below each other, whatever is in a URL', async () => {
      const all = await lines(
        80,
        row('http://host/'),
        row('http://日本/\u0301\x1b😀'),
        row(`http://${'日'.repeat(50)}/`),
      );
      expect(all.map((line) => fit(line, 1000).columns)).toEqual([77, 77, 77]);
      expect(all[2]).toContain('日… ');
    });

    test('takes another width from one row to the next', async () => {
      const style = { colour: false, width: 100 };
      const rows = async function* () {
        yield [row('http://a/')];
        style.width = 79;
        yield [row('http://b/')];
      };
      const text = await textOf(report(runOf([], { rows, duration: 0 }), style));
      expect(text.split('\n').slice(0, 2)).toEqual([
        expect.stringMatching(/^ {8}1270 http:\/\/a\/ +█+▌?$/),
        '        1270 http://b/',
      ]);
    });
  });

  test('shows what a terminal would obey', async () => {
    const error = { code: 'protocol', cause: null, message: '\x1b]0;title\x07' } as const;
    const rows = [
      answered({ url: 'http://h/\x1b[2J\x9b\r\n\u202e\u2066\u200f\u2028' }),
      failed({ url: 'x\0\x7f', error }),
    ];
    expect(await textOf(report(runOf(rows), PLAIN))).toContain(
      [
        '        1270 http://h/\\x1b[2J\\x9b\\x0d\\x0a\\u202e\\u2066\\u200f\\u2028',
        '           - x\\x00\\x7f  protocol: \\x1b]0;title\\x07',
        '',
      ].join('\n'),
    );
  });

  test('of a comparison tells how many times as fast', async () => {
    const runs = [runOf(ROWS, SEQUENTIAL), runOf(ROWS)];
    const text = await textOf(compare(runs, PLAIN));
    expect(text.split('\n').slice(-3)).toEqual([
      '',
      'Concurrent was 12.7 times as fast: 1.02 s instead of 13.02 s.',
      '',
    ]);
    expect(text).toContain('sequential, one at a time; 13.02 s\n\n');
  });

  test('of an interrupted comparison tells nothing of the kind', async () => {
    expect(await textOf(compare([runOf(ROWS, SEQUENTIAL)], PLAIN))).not.toContain('fast');
  });
});

describe('json', () => {
  const { report, compare } = reporters.json as Required<Reporter>;

  test('is one object with its keys in order, a row a line', async () => {
    const text = await textOf(report(runOf(ROWS), PLAIN));
    const { mode, concurrency, startedDateTime, duration, totals } = runOf(ROWS);
    expect(JSON.parse(text)).toEqual({ mode, concurrency, startedDateTime, results: ROWS, duration, totals });
    expect(Object.keys(JSON.parse(text))).toEqual([
      'mode',
      'concurrency',
      'startedDateTime',
      'results',
      'duration',
      'totals',
    ]);
    expect(text.split('\n')).toHaveLength(ROWS.length + 3);
  });

  test('of an empty list is whole too', async () => {
    expect(JSON.parse(await textOf(report(runOf([]), PLAIN))).results).toEqual([]);
  });

  test('leaves as its rows come', async () => {
    const parts = report(runOf(ROWS), PLAIN)[Symbol.asyncIterator]();
    await parts.next();
    expect((await parts.next()).value).toContain('http://host/gone');
  });

  test('of a comparison has the speed-up and both runs', async () => {
    const text = await textOf(compare([runOf(ROWS, SEQUENTIAL), runOf(ROWS)], PLAIN));
    const { speedup, runs, ...rest } = JSON.parse(text);
    expect(speedup).toBe(12.7);
    expect(runs.map(({ mode }: { mode: string }) => mode)).toEqual(['sequential', 'concurrent']);
    expect(rest).toEqual({});
  });

  test.each([
    ['interrupted', [runOf(ROWS, SEQUENTIAL)]],
    ['interrupted the second time', [runOf(ROWS), runOf(ROWS, { totals: { ...runOf(ROWS).totals, urls: 2 } })]],
    ['of nothing', Array(2).fill(runOf([], { totals: { ...runOf(ROWS).totals, urls: 0 } }))],
    ['without a duration', [runOf(ROWS, { duration: 0 }), runOf(ROWS, { duration: 0 })]],
  ])('of a comparison %s has no speed-up', async (_, runs) => {
    expect(JSON.parse(await textOf(compare(runs, PLAIN))).speedup).toBeNull();
  });
});

test('ndjson is a row a line, nothing else', async () => {
  const text = await textOf(reporters.ndjson.report(runOf(ROWS), PLAIN));
  expect(text.endsWith('\n')).toBe(true);
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(ROWS);
});

describe('csv', () => {
  const report = async (...rows: Parameters<typeof runOf>[0]) => textOf(reporters.csv.report(runOf(rows), PLAIN));

  test('has a header and a record a row, the error spread out', async () => {
    expect(await report(...ROWS)).toBe(
      [
        'index,url,state,status,length,lengthFrom,encodedBodySize,decodedBodySize,contentLength,contentEncoding,contentType,finalUrl,redirects,attempts,startTime,requestStart,responseStart,duration,error.code,error.cause,error.message',
        '0,http://host/,ok,200,1270,body,1270,1270,1270,,text/html,http://host/,0,1,0.5,1.25,2,3.125,,,',
        '1,http://host/gone,http-error,410,153,body,1270,1270,1270,,text/html,http://host/,0,1,0.5,1.25,2,3.125,,,',
        '2,http://nowhere.invalid/,failed,,,,,,,,,,0,1,0.75,,,10,dns,ENOTFOUND,host not found: nowhere.invalid',
        '',
      ].join('\r\n'),
    );
  });

  test('has the keys of a row as its columns, in their order', async () => {
    const [header] = (await report()).split('\r\n');
    expect(header?.split(',').filter((name) => !name.startsWith('error.'))).toEqual(
      Object.keys(answered()).filter((key) => key !== 'error'),
    );
  });

  test.each(['=1+1', '+1', '-1', '@sum', '\t=1', '\r=1'])('makes the formula %j harmless', async (url) => {
    const [, record] = parse(await report(answered({ url })), { record_delimiter: '\r\n' }) as string[][];
    expect(record?.[1]).toBe(`'${url}`);
  });

  test('gives back every text, whatever is in it', async () => {
    const piece = fc.constantFrom('"', ',', '\r', '\n', '\r\n', ';', ' ', 'a', 'ü', '\u2028', '=', "'");
    await fc.assert(
      fc.asyncProperty(fc.array(piece), fc.array(piece), async (a, b) => {
        const [url, contentType] = [a.join(''), b.join('')];
        const text = await report(answered({ url, contentType }), answered({ url: contentType, contentType: url }));
        const records: string[][] = parse(text, { record_delimiter: '\r\n' });
        const safe = (cell: string) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
        expect(records.slice(1).map((record) => [record[1], record[10]])).toEqual([
          [safe(url), safe(contentType)],
          [safe(contentType), safe(url)],
        ]);
        expect(records.map((record) => record.length)).toEqual([21, 21, 21]);
      }),
      { numRuns: 500 },
    );
  });
});
