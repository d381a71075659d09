import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { FORMATS } from '../../src/reporters/formats.js';
import type { FetchResult } from '../../src/types.js';
import { BIN, bash } from '../helpers/cli.js';
import { type RawServer, rawServer, response } from '../helpers/raw-server.js';

/** Not the shell's function, which would be another process. */
const COMMAND = `"${process.execPath}" "${BIN}" -q -f ndjson`;

let server: RawServer;
let folder: string;
let list: string;

/** `/404` is not found, whatever else there is has a body. */
beforeEach(async () => {
  server = await rawServer((socket, request) =>
    socket.write(response('hello', [], request.startsWith('GET /404 ') ? '404 Not Found' : '200 OK')),
  );
  folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  list = join(folder, 'urls.txt');
});

/** Writes a list of so many URLs that are all right. */
function writeList(count: number, tail = ''): readonly string[] {
  const urls = Array.from({ length: count }, (_, i) => `${server.origin}/${i + 1000}`);
  writeFileSync(list, `${urls.join('\n')}\n${tail}`);
  return urls;
}

/** Fails if a line is not a whole row. */
const rowsOf = (text: string): FetchResult[] =>
  text.split(/(?<=\n)/).map((line) => {
    expect(line).toMatch(/}\n$/);
    return JSON.parse(line) as FetchResult;
  });

describe('nothing on standard input', () => {
  test.each([
    ['no byte', ''],
    ['blank lines', '\\n \\n\\t\\r\\n'],
    ['a byte-order mark', '\\xef\\xbb\\xbf'],
    ['comments', '# none\\n  #http://127.0.0.1:9/\\n#'],
  ])('(%s) is no row, no word and no error', async (_, bytes) => {
    expect(await bash(`printf '${bytes}' | fetch-lengths -q -f ndjson`)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test.each(FORMATS)('is a whole %s of no row', async (format) => {
    const { status, stdout, stderr } = await bash(`fetch-lengths -q -f ${format} </dev/null`);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('http://');
    if (format === 'json') expect(JSON.parse(stdout)).toMatchObject({ results: [], totals: { urls: 0 } });
  });

  test('leaves an output that is there, and empty', async () => {
    await bash(`fetch-lengths -q -f ndjson -o '${folder}/rows' </dev/null`);
    expect(readFileSync(join(folder, 'rows'), 'utf8')).toBe('');
  });
});

describe('a run', () => {
  test('has nothing but rows on standard output, whatever it has to tell', async () => {
    writeList(50, `no URL\n${server.origin}/404\nhttp://127.0.0.1:9/\n`);
    const { status, stdout, stderr } = await bash(`fetch-lengths -v --retry 1 -f ndjson '${list}'`);
    expect(status).toBe(1);
    expect(rowsOf(stdout).map(({ index }) => index)).toEqual(Array.from({ length: 53 }, (_, i) => i));
    expect(stderr).toContain('53 URLs');
  });

  test('has no word on standard error with -q, even if URLs fail', async () => {
    writeList(5, `no URL\n${server.origin}/404\nhttp://127.0.0.1:9/\n`);
    const { status, stdout, stderr } = await bash(`fetch-lengths -q --retry 0 -f ndjson <'${list}'`);
    expect([status, stderr]).toEqual([1, '']);
    expect(rowsOf(stdout)).toHaveLength(8);
  });

  test('with --exit-zero fails for nothing but its own use', async () => {
    writeList(1, `no URL\n${server.origin}/404\nhttp://127.0.0.1:9/\n`);
    expect((await bash(`fetch-lengths --exit-zero --retry 0 -q '${list}'`)).status).toBe(0);
    expect((await bash(`fetch-lengths --exit-zero -q '${list}.not-there'`)).status).toBe(2);
    expect((await bash(`fetch-lengths --exit-zero -q --shard 3/2 '${list}'`)).status).toBe(2);
    expect((await bash(`fetch-lengths --exit-zero -q '${list}' >/dev/full`)).status).toBe(2);
  });

  test('leaves whole lines when it is told to end', async () => {
    writeList(20_000);
    const [pid, status] = [join(folder, 'pid'), join(folder, 'status')];
    // The process tells its number before it becomes the command.
    const run = `(echo $BASHPID >'${pid}'; exec ${COMMAND} '${list}') & wait $!; echo $? >'${status}'`;
    // A first row has come: it is on its way.
    const { stdout } = await bash(`{ ${run}; } | { head -c 1; kill -TERM "$(<'${pid}')"; cat; }`);
    expect(rowsOf(stdout).length).toBeLessThan(20_000);
    expect(readFileSync(status, 'utf8')).toBe('143\n');
  });

  test('twice has the same rows, and replaces its output', async () => {
    const urls = writeList(100);
    const lengths = async (): Promise<unknown[]> => {
      expect((await bash(`fetch-lengths -q -f ndjson -o '${folder}/rows' '${list}'`)).status).toBe(0);
      return rowsOf(readFileSync(join(folder, 'rows'), 'utf8')).map(({ url, length }) => [url, length]);
    };
    expect(await lengths()).toEqual(urls.map((url) => [url, 5]));
    expect(await lengths()).toEqual(urls.map((url) => [url, 5]));
  });

  test('touches no file but its output', async () => {
    writeList(20);
    const names = ['HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'PWD'];
    for (const name of names) mkdirSync(join(folder, name));
    const env = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
    const options = { cwd: join(folder, 'PWD'), env: { ...process.env, ...env } };
    for (const how of ['', '--threads 2', '--compare -f html', '-f har', '--resume -f ndjson']) {
      expect((await bash(`fetch-lengths -q ${how} -o ../rows '${list}'`, options)).status).toBe(0);
      rmSync(join(folder, 'rows'));
    }
    for (const name of names) expect([name, readdirSync(join(folder, name))]).toEqual([name, []]);
    expect(readdirSync(folder).toSorted()).toEqual([...names, 'urls.txt'].toSorted());
  });
});

describe('a pipe of one page', () => {
  /** Of Linux: `F_SETPIPE_SZ`. */
  const narrow = `perl -e 'fcntl(STDOUT, 1031, 4096) or die; exec @ARGV' bash -c`;

  test.runIf(process.platform === 'linux')('has whole lines of four processes that write at once', async () => {
    writeList(1_000);
    const four = Array.from({ length: 4 }, () => `${COMMAND} --order completion ${list} &`).join(' ');
    const { stdout } = await bash(`${narrow} '${four} wait' | cat`);
    expect(rowsOf(stdout)).toHaveLength(4_000);
  });

  test.runIf(process.platform === 'linux')('has whole lines that are longer than the pipe', async () => {
    const urls = ['a', 'b', 'c'].map((letter) => `${server.origin}/${letter.repeat(9_000)}`);
    writeFileSync(list, urls.join('\n'));
    const { stdout } = await bash(`${narrow} '${COMMAND} ${list}' | cat`);
    expect(rowsOf(stdout).map(({ url }) => url)).toEqual(urls);
  });
});
