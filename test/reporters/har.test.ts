import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { har } from '../../src/reporters/har.js';
import { version } from '../../src/version.js';
import { run } from '../helpers/cli.js';
import { everyKind, GZIPPED } from '../helpers/kinds.js';
import { answered, failed, runOf, textOf } from '../helpers/rows.js';
import { MODES } from '../helpers/settings.js';

const require = createRequire(import.meta.url);

/** The published schema of HAR 1.2; it has keywords of other drafts, which hold for nothing. */
const ajv = new Ajv({ allErrors: true, strict: false });
addFormats.default(ajv);
ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
ajv.addSchema(Object.values(require('har-schema')));

function problems(value: unknown): unknown {
  ajv.validate('har.json#', value);
  return ajv.errors ?? [];
}

describe('har', () => {
  const report = async (...rows: Parameters<typeof runOf>[0]) =>
    JSON.parse(await textOf(har.report(runOf(rows), { colour: false, width: null }))).log;
  const entryOf = async (row: Parameters<typeof runOf>[0][number]) => (await report(row)).entries[0];

  test('is one log, an entry a row', async () => {
    const {
      version: format,
      creator,
      comment,
      entries,
      ...rest
    } = await report(
      answered(),
      answered({ index: 1, url: 'http://host/gone', status: 410, state: 'http-error' }),
      failed({ index: 2 }),
    );
    expect([format, creator, rest]).toEqual(['1.2', { name: 'fetch-lengths', version: version }, {}]);
    expect(comment).toContain('timings.blocked');
    expect(entries).toHaveLength(3);
    expect(entries[0]).toEqual({
      startedDateTime: '2026-01-02T03:04:05.678Z',
      time: 3.125,
      request: {
        method: 'GET',
        url: 'http://host/',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        headers: [],
        queryString: [],
        headersSize: -1,
        bodySize: 0,
      },
      response: {
        status: 200,
        statusText: '',
        httpVersion: '',
        cookies: [],
        headers: [
          { name: 'Content-Type', value: 'text/html' },
          { name: 'Content-Length', value: '1270' },
        ],
        content: { size: 1270, mimeType: 'text/html' },
        redirectURL: '',
        headersSize: -1,
        bodySize: 1270,
        _transferSize: 1270,
      },
      cache: {},
      timings: { blocked: 0.75, dns: -1, connect: -1, ssl: -1, send: 0, wait: 0.75, receive: 1.625 },
      _index: 0,
      _url: 'http://host/',
      _state: 'ok',
      _length: 1270,
      _lengthFrom: 'body',
      _redirects: 0,
      _attempts: 1,
    });
  });

  test('of an empty list is whole too', async () => {
    expect((await report()).entries).toEqual([]);
  });

  test('leaves as its rows come', async () => {
    const parts = har
      .report(runOf([answered(), answered({ index: 7 })]), { colour: false, width: null })
      [Symbol.asyncIterator]();
    await parts.next();
    expect((await parts.next()).value).toContain('"_index":0');
  });

  test('tells a failure and what is not known as such', async () => {
    expect(await entryOf(failed())).toMatchObject({
      time: 10,
      request: { method: 'GET', url: 'http://nowhere.invalid/' },
      response: {
        status: 0,
        headers: [],
        content: { size: -1, mimeType: '' },
        bodySize: -1,
        _error: 'dns: host not found: nowhere.invalid',
      },
      timings: { blocked: 10, send: 0, wait: 0, receive: 0 },
      _state: 'failed',
      _length: null,
    });
    const lost = await entryOf(failed({ redirects: 2 }));
    expect(lost.request.comment).toBe('Where it was redirected to is not known.');
  });

  test('has an entry for a line that is no URL', async () => {
    const error = { code: 'bad-url', cause: null, message: 'no absolute http(s) URL' } as const;
    const bad = (url: string) => entryOf(failed({ url, error, attempts: 0, duration: 0 }));
    expect(await bad('no URL')).toMatchObject({
      time: 0,
      request: { url: 'about:invalid' },
      response: { status: 0, _error: 'bad-url: no absolute http(s) URL' },
      comment: 'No request was made.',
      _url: 'no URL',
    });
    // The URL standard would make one of it.
    expect((await bad('http://host/\ta')).request.url).toBe('about:invalid');
  });

  test('tells what was saved only where it is known', async () => {
    const compression = async (encodedBodySize: number | null, decodedBodySize: number | null) =>
      (await entryOf(answered({ encodedBodySize, decodedBodySize }))).response.content.compression;
    expect(await compression(100, 1270)).toBe(1170);
    expect(await compression(25, 5)).toBe(-20);
    expect(await compression(5, 5)).toBeUndefined();
    expect(await compression(null, null)).toBeUndefined();
  });

  test('tells how a length was asked for without its body', async () => {
    const unread = { encodedBodySize: null, decodedBodySize: null };
    expect(await entryOf(answered({ ...unread, lengthFrom: 'content-length' }))).toMatchObject({
      request: { method: 'HEAD', headers: [] },
      response: { content: { size: -1 }, bodySize: -1 },
      _length: 1270,
    });
    expect((await entryOf(answered({ ...unread, lengthFrom: 'content-range' }))).request).toMatchObject({
      method: 'GET',
      headers: [{ name: 'Range', value: 'bytes=0-0' }],
    });
  });

  test.each([
    ['http://me:s3cret@host/a?b=c@d#e', 'http://host/a?b=c@d', 'http://host/a?b=c@d#e'],
    ['http://s3cret@host/', 'http://host/', 'http://host/'],
    ['http://host/?to=a@b&q=%20x+y&z', 'http://host/?to=a@b&q=%20x+y&z', 'http://host/?to=a@b&q=%20x+y&z'],
  ])('shows no password and no fragment of %j', async (url, asked, listed) => {
    const entry = await entryOf(failed({ url }));
    expect([entry.request.url, entry._url]).toEqual([asked, listed]);
    expect(JSON.stringify(entry)).not.toContain('s3cret');
    const query = new URL(asked).searchParams;
    expect(entry.request.queryString).toEqual(Array.from(query, ([name, value]) => ({ name, value })));
  });

  test.each(['me:s3cret@host', 'http://me:s3/cr@et@host:x', '//me:s3cret@host/', 'ftp://me:s3cret@host/'])(
    'shows no password of %j, which is no URL',
    async (url) => {
      const error = { code: 'bad-url', cause: null, message: 'no absolute http(s) URL' } as const;
      expect((await entryOf(failed({ url, error })))._url).not.toMatch(/me:|s3|cr/);
    },
  );

  test('has times that add up, whatever they are', async () => {
    const time = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { freq: 8 });
    await fc.assert(
      fc.asyncProperty(time, time, time, time, async (startTime, requestStart, responseStart, duration) => {
        const times = { startTime: startTime ?? 0, requestStart, responseStart, duration: duration ?? 0 };
        const { time: whole, timings } = await entryOf(answered(times));
        const parts = [timings.blocked, timings.send, timings.wait, timings.receive].map((part) => {
          expect(part).toBeGreaterThanOrEqual(0);
          expect(String(part)).toMatch(/^\d+(\.\d{1,3})?$/);
          return Math.round(part * 1000);
        });
        expect(parts.reduce((sum, part) => sum + part)).toBe(Math.round(whole * 1000));
        expect(whole).toBeCloseTo(times.duration, 2);
      }),
    );
  });

  test('gives back every text, whatever is in it', async () => {
    const piece = fc.constantFrom(
      '"',
      '\\',
      '\0',
      '\n',
      '\u2028',
      '</script>',
      '\ud800',
      'ü',
      '%',
      '?',
      '=',
      '&',
      '@',
      '#',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece), async (pieces) => {
        const url = `http://host/${pieces.join('')}`;
        const entry = await entryOf(answered({ url, contentType: url, finalUrl: null }));
        expect([entry._url, entry.response.content.mimeType]).toEqual([url, url]);
      }),
    );
  });
});

describe('real output of the command', () => {
  test.each(MODES)('holds to the published schema, %s', async (mode) => {
    const { urls } = await everyKind();
    const { stdout, stderr } = await run(['-f', 'har', '-q', '-m', mode, '--retry', '1'], { stdin: urls.join('\n') });
    const archive = JSON.parse(stdout);
    const gzipped = GZIPPED.length;
    expect([stderr, problems(archive)]).toEqual(['', []]);
    const { entries } = archive.log;
    expect(entries.map(({ _index }: { _index: number }) => _index)).toEqual(urls.map((_, i) => i));
    expect(
      entries.map(({ request, response }: { request: { url: string }; response: Record<string, unknown> }) => [
        request.url.replace(/:\d+/, ''),
        response['status'],
        response['content'],
        response['bodySize'],
        String(response['_error']).split(':')[0],
      ]),
    ).toEqual([
      ['http://127.0.0.1/ok', 200, { size: 5_000, mimeType: 'text/html; charset=utf-8' }, 5_000, 'undefined'],
      [
        'http://127.0.0.1/gzip',
        200,
        { size: 20_000, compression: 20_000 - gzipped, mimeType: 'text/plain' },
        gzipped,
        'undefined',
      ],
      ['http://127.0.0.1/chunked', 200, { size: 11, mimeType: '' }, 11, 'undefined'],
      ['http://127.0.0.1/empty', 204, { size: 0, mimeType: '' }, 0, 'undefined'],
      ['http://127.0.0.1/missing', 404, { size: 9, mimeType: 'text/plain' }, 9, 'undefined'],
      ['http://127.0.0.1/ok', 200, { size: 5_000, mimeType: 'text/html; charset=utf-8' }, 5_000, 'undefined'],
      ['http://127.0.0.1/lost', 0, { size: -1, mimeType: '' }, -1, 'connect'],
      ['http://127.0.0.1/truncated', 200, { size: 5, mimeType: '' }, 5, 'truncated'],
      ['http://127.0.0.1/ok?q=a%20b&r', 200, { size: 5_000, mimeType: 'text/html; charset=utf-8' }, 5_000, 'undefined'],
      ['http://127.0.0.1/refused', 0, { size: -1, mimeType: '' }, -1, 'connect'],
      ['about:invalid', 0, { size: -1, mimeType: '' }, -1, 'bad-url'],
    ]);
    for (const { time, timings } of entries) {
      const { blocked, send, wait, receive } = timings;
      expect(blocked + send + wait + receive).toBeCloseTo(time, 6);
    }
    expect(stdout).not.toContain('s3cret');
  });

  test('holds to it with --head too', async () => {
    const { urls } = await everyKind();
    const { stdout } = await run(['-f', 'har', '-q', '--head', '--retry', '0'], { stdin: urls.join('\n') });
    const archive = JSON.parse(stdout);
    expect(problems(archive)).toEqual([]);
    expect(new Set(archive.log.entries.map(({ request }: { request: { method: string } }) => request.method))).toEqual(
      new Set(['HEAD', 'GET']),
    );
  });

  test('has no room for two runs', async () => {
    const { status, stderr } = await run(['-f', 'har', '--compare', 'http://127.0.0.1:1/']);
    expect([status, stderr]).toEqual([2, "fetch-lengths: option '--compare': has no room in the format har\n"]);
  });

  test('that is not whole or has a wrong type is what the schema refuses', async () => {
    const archive = JSON.parse(await textOf(har.report(runOf([answered()]), { colour: false, width: null })));
    expect(problems(archive)).toEqual([]);
    archive.log.entries[0].response.bodySize = null;
    delete archive.log.entries[0].cache;
    expect(problems(archive)).toHaveLength(2);
  });
});
