import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Line, listTargets, MAX_URL_BYTES, readList, urlTargets } from '../src/targets.js';
import type { Target } from '../src/types.js';
import { WHOLE_LIST } from './helpers/settings.js';

async function* chunksOf(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function linesOf(...chunks: (string | Buffer)[]): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const batch of readList(chunksOf(...chunks))) lines.push(...batch);
  return lines;
}

async function urlsOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  return (await linesOf(...chunks)).map(({ url }) => url);
}

async function collect(targets: AsyncIterable<readonly Target[]>): Promise<Target[]> {
  const all: Target[] = [];
  for await (const batch of targets) all.push(...batch);
  return all;
}

describe('a list', () => {
  test('has a URL a line, blank lines and comments skipped, white space gone', async () => {
    expect(await urlsOf('http://a/\n\n  # no\n#http://no/\n \t\n\thttp://b/ \n')).toEqual(['http://a/', 'http://b/']);
  });

  test('may end without a line end', async () => {
    expect(await urlsOf('http://a/\nhttp://b/')).toEqual(['http://a/', 'http://b/']);
  });

  test('may be empty', async () => {
    expect(await urlsOf()).toEqual([]);
    expect(await urlsOf('')).toEqual([]);
    expect(await urlsOf('\n\n')).toEqual([]);
  });

  test('may have CRLF and a byte-order mark', async () => {
    expect(await urlsOf('\ufeffhttp://a/\r\nhttp://b/\r\n')).toEqual(['http://a/', 'http://b/']);
    expect(await urlsOf('\ufeff# a comment\r\nhttp://b/\r\n')).toEqual(['http://b/']);
  });

  test('ends lines at the byte LF alone', async () => {
    expect(await urlsOf('http://a/\u2028b\rc\u0085d\n')).toEqual(['http://a/\u2028b\rc\u0085d']);
  });

  test('keeps NUL bytes in their line', async () => {
    expect(await urlsOf('http://a/\0b\nhttp://c/\n')).toEqual(['http://a/\0b', 'http://c/']);
  });

  test('marks a line that is not UTF-8, and no other', async () => {
    const latin1 = Buffer.from('http://a/\nhttp://caf\xe9/\nhttp://b/ü\n', 'latin1');
    const lines = await linesOf(Buffer.concat([Buffer.from('http://ü/\n'), latin1.subarray(0, 23)]));
    expect(lines).toEqual([
      { url: 'http://ü/', flaw: null },
      { url: 'http://a/', flaw: null },
      { url: 'http://caf\ufffd/', flaw: 'not UTF-8 text' },
    ]);
  });

  test.each([65_535, 65_536])('takes a URL of %i bytes, with CRLF too', async (bytes) => {
    const url = `http://a/${'x'.repeat(bytes - 9)}`;
    expect(await linesOf(`${url}\r\n`)).toEqual([{ url, flaw: null }]);
    expect(await linesOf(url.slice(0, 100), url.slice(100), '\r', '\n')).toEqual([{ url, flaw: null }]);
  });

  test('cuts a longer one at 64 KiB, wherever its chunks are cut', async () => {
    const url = `http://a/${'x'.repeat(MAX_URL_BYTES)}`;
    const cut = [
      { url: url.slice(0, MAX_URL_BYTES), flaw: 'longer than 64 KiB' },
      { url: 'http://b/', flaw: null },
    ];
    expect(await linesOf(`${url}\nhttp://b/`)).toEqual(cut);
    expect(await linesOf(url.slice(0, 65_000), url.slice(65_000), '\nhttp://b/\n')).toEqual(cut);
    expect(await linesOf('\n', `${url}\nhttp://b/\n`)).toEqual(cut);
  });

  test('cuts between characters', async () => {
    const [line] = await linesOf(`http://a/${'ü'.repeat(MAX_URL_BYTES)}`);
    expect(line?.url).toBe(`http://a/${'ü'.repeat((MAX_URL_BYTES - 9 - 1) / 2)}`);
  });

  test('holds no more of an endless line than a URL may have', async () => {
    const piece = Buffer.alloc(1_000_000, 'x');
    const pieces = Array.from({ length: 10 }, () => piece);
    const [line] = await linesOf('http://a/', ...pieces, '\n');
    expect(line?.url.length).toBe(MAX_URL_BYTES);
    expect(await linesOf('#', ...pieces)).toEqual([]);
    expect(await linesOf(...pieces.map(() => Buffer.alloc(1_000_000, ' ')), 'http://a/')).toEqual([
      { url: 'http://a/', flaw: null },
    ]);
  });

  test.each([' ', '\t', '\v', '\f', '\r'])('does not count white space around a URL as too long: %j', async (space) => {
    const line = [{ url: 'http://a/', flaw: null }];
    expect(await linesOf('http://a/', space.repeat(200_000), '\n')).toEqual(line);
    expect(await linesOf(space.repeat(200_000), 'http://a/\n')).toEqual(line);
  });

  test('is the same whatever its chunks are', async () => {
    const piece = fc.constantFrom('http://a/', 'ü', '\u2028', '\n', '\r\n', ' ', '#', '\0', '\ufeff', 'x', '%');
    await fc.assert(
      fc.asyncProperty(fc.array(piece), fc.array(fc.nat(40)), async (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''));
        const expected = bytes
          .toString()
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !line.startsWith('#'));
        const ends = [...new Set([0, ...cuts, bytes.length])]
          .filter((end) => end <= bytes.length)
          .sort((a, b) => a - b);
        const chunks = ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
        expect(await urlsOf(...chunks)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('gives no line twice and loses none, whatever its bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(200), async (bytes, cut) => {
        const whole = Buffer.from(bytes);
        expect(await linesOf(whole.subarray(0, cut), whole.subarray(cut))).toEqual(await linesOf(whole));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('targets', () => {
  const lists = (...texts: (string | Buffer)[]) => texts.map((text) => readList(chunksOf(text)));

  test('are numbered through all sources', async () => {
    const targets = await collect(listTargets(lists('http://a/\n#\nhttp://b/\n', 'http://a/\n'), WHOLE_LIST));
    expect(targets).toEqual([
      { index: 0, url: 'http://a/', flaw: null },
      { index: 1, url: 'http://b/', flaw: null },
      { index: 2, url: 'http://a/', flaw: null },
    ]);
  });

  test('if unique leave out none that only looks like a line with a flaw', async () => {
    const bytes = Buffer.from('http://a/\xff\nhttp://a/\xfe\nhttp://a/\xef\xbf\xbd\n', 'latin1');
    const targets = await collect(listTargets(lists(bytes), { ...WHOLE_LIST, unique: true }));
    expect(targets.map(({ flaw }) => flaw)).toEqual(['not UTF-8 text', 'not UTF-8 text', null]);
  });

  test('if unique leave out a repeated URL, which keeps its place in the count', async () => {
    const targets = await collect(
      listTargets(lists('http://a/\nhttp://a/\nhttp://b/\n', 'http://a/\nhttp://c/'), { ...WHOLE_LIST, unique: true }),
    );
    expect(targets.map(({ index, url }) => [index, url])).toEqual([
      [0, 'http://a/'],
      [2, 'http://b/'],
      [4, 'http://c/'],
    ]);
  });

  test('of a program are its strings as they are', async () => {
    expect(await collect(urlTargets(['# a', '', ' http://a/'], WHOLE_LIST))).toEqual([
      { index: 0, url: '# a', flaw: null },
      { index: 1, url: '', flaw: null },
      { index: 2, url: ' http://a/', flaw: null },
    ]);
  });
});
