import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith } from '../helpers/programs.js';
import { report } from './cli.js';
import { answer, curl, type Told } from './curl.js';
import { type Httpbin, startHttpbin } from './httpbin.js';

/** Paths, some of them behind credentials, and the status that each comes to. */
const PATHS = [
  ['/bytes/0', 200],
  ['/bytes/1', 200],
  ['/bytes/100000', 200],
  ['/stream-bytes/0', 200],
  ['/stream-bytes/100000', 200],
  ['/stream-bytes/100000?chunk_size=7', 200],
  ['/stream/20', 200],
  ['/range/1024', 200],
  ['/drip?numbytes=20&duration=1&delay=0', 200],
  ['/drip?numbytes=20&duration=0&delay=0&code=500', 500],
  ['/delay/1', 200],
  ['/redirect/1', 200],
  ['/redirect/6', 200],
  ['/relative-redirect/3', 200],
  ['/absolute-redirect/3', 200],
  ['/redirect-to?url=/bytes/10', 200],
  ['/redirect-to?url=/bytes/10&status_code=303', 200],
  ['/redirect-to?url=/bytes/10&status_code=307', 200],
  ['/redirect-to?url=/bytes/10&status_code=308', 200],
  ['/status/200', 200],
  ['/status/204', 204],
  ['/status/304', 304],
  ['/status/404', 404],
  ['/status/418', 418],
  ['/status/500', 500],
  ['/basic-auth/u/p', 401],
  ['u:p@/basic-auth/u/p', 200],
  ['u:wrong@/basic-auth/u/p', 401],
  // Credentials that need percent-encoding: "ü" and "p:/@".
  ['%C3%BC:p%3A%2F%40@/basic-auth/%C3%BC/p:%2F@', 404],
  ['%C3%BC:p%3A%40@/basic-auth/%C3%BC/p:@', 200],
  ['/cache', 200],
  ['/encoding/utf8', 200],
  ['/image/png', 200],
  ['/html', 200],
  ['/no-such-page', 404],
] as const;

/** Those whose body is encoded, whoever asks. */
const ENCODED_PATHS = [
  ['/gzip', 'gzip'],
  ['/deflate', 'deflate'],
  ['/brotli', 'br'],
] as const;

/** Some answers repeat the request, and are as long as it is. */
const SAME_REQUEST = ['-A', 'interop', '-H', 'Accept: */*'];

/** Which is undici's to send, and not sent by curl. */
const LIKE_UNDICI = ['-H', 'Connection: keep-alive'];

describeWith(['httpbin', 'curl'], 'httpbin', () => {
  let folder: string;
  let httpbin: Httpbin;

  const urlOf = (path: string): string => {
    const [credentials, rest] = path.startsWith('/') ? ['', path] : path.split(/(?<=@)(?=\/)/);
    return `http://${credentials}${httpbin.host}${rest}`;
  };

  beforeAll(async () => {
    folder = await makeFolder();
    httpbin = await startHttpbin();
  });

  afterAll(async () => {
    await httpbin?.stop();
    await removeFolder(folder);
  });

  describe.each([
    ['as they are', PATHS, ['-H', 'Accept-Encoding: identity']],
    ['compressed', ENCODED_PATHS, ['--compressed', '-H', 'Accept-Encoding: gzip, deflate, br']],
  ] as const)('%s', (_, paths, options) => {
    const request = [...SAME_REQUEST, ...options];
    let urls: string[];
    let told: Told[];

    beforeAll(async () => {
      urls = paths.map(([path]) => urlOf(path));
      told = await curl(urls, [...request, ...LIKE_UNDICI], folder);
    });

    test('curl sees what each path is for', () => {
      expect(told.map(({ status, contentEncoding }, i) => [paths[i]?.[0], contentEncoding ?? status])).toEqual(paths);
    });

    test.each([
      ['sequential', ['--mode', 'sequential']],
      ['concurrent', ['--mode', 'concurrent']],
    ] as const)('%s: every row is what curl tells', async (_, mode) => {
      const { results } = await report(urls, [...request, '--retry', '0', ...mode], folder);
      const rows = results.map((row) => ({ url: row.url, ...answer(row) }));
      expect(rows).toEqual(told.map((row, i) => ({ url: urls[i], ...answer(row) })));
    });
  });
});
