import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith, type ProgramName } from '../helpers/programs.js';
import { Authority } from './certificates.js';
import { report } from './cli.js';
import { type Answer, answer, curl, type Told } from './curl.js';
import { OTHER_PATHS, PAGES, SIZES, writePages } from './pages.js';
import { startApache } from './servers/apache.js';
import { startCaddy } from './servers/caddy.js';
import { startHaproxy } from './servers/haproxy.js';
import { startLighttpd } from './servers/lighttpd.js';
import { startNginx } from './servers/nginx.js';
import type { Site, StartSite } from './site.js';

const SERVERS: readonly (readonly [name: string, needed: readonly ProgramName[], start: StartSite])[] = [
  ['nginx', ['nginx'], startNginx],
  ['Apache', ['apache2'], startApache],
  ['lighttpd', ['lighttpd'], startLighttpd],
  ['HAProxy', ['haproxy', 'nginx'], startHaproxy],
  ['Caddy', ['caddy'], startCaddy],
];

const RUNS = [
  ['sequential', ['--mode', 'sequential']],
  ['concurrent', ['--mode', 'concurrent']],
  ['in the order of completion', ['--order', 'completion']],
] as const;

/** How often a run has each URL, so that connections are used again and in turn. */
const TIMES = 3;

for (const [name, needed, start] of SERVERS) {
  describeWith([...needed, 'curl', 'openssl'], name, () => {
    let folder: string;
    let cacert: string;
    let site: Site;
    let urls: readonly string[];

    beforeAll(async () => {
      folder = await makeFolder();
      const [root, own] = [join(folder, 'pages'), join(folder, 'server')];
      await Promise.all([writePages(root), mkdir(own)]);
      const authority = await Authority.create(folder);
      cacert = authority.cacert;
      site = await start({ root, folder: own, certificate: await authority.sign('localhost') });
      const paths = [...PAGES.map(({ path }) => path), ...OTHER_PATHS];
      urls = Object.values(site.origins).flatMap((origin) => paths.map((path) => `${origin}${path}`));
    });

    afterAll(async () => {
      await site?.stop();
      await removeFolder(folder);
    });

    describe.each([
      ['as they are', []],
      ['compressed', ['--compressed']],
    ] as const)('%s', (_, compressed) => {
      let told: Told[];

      beforeAll(async () => {
        told = await curl(urls, ['--cacert', cacert, ...compressed], folder);
      });

      test('curl sees each way of sending a body', () => {
        const seen = told.map(({ headers, length, status, contentEncoding, connections }, i) => ({
          url: urls[i],
          status,
          length,
          coding: contentEncoding,
          chunked: headers['transfer-encoding']?.[0] === 'chunked',
          declared: headers['content-length'] !== undefined,
          connections,
          close: headers['connection']?.[0]?.toLowerCase() === 'close',
        }));
        const expected = Object.values(site.origins).flatMap((origin) => [
          ...PAGES.map(({ path, coding, connection, size }, i) => {
            const gzipped = coding === 'gzip' && compressed.length > 0 && size > 0;
            const chunked = coding === 'chunked';
            // What a server happens to have whole, or compresses, it may declare or not.
            const framed = chunked ? size === SIZES.large : size > 0 && !gzipped;
            return {
              url: `${origin}${path}`,
              status: 200,
              length: size,
              coding: gzipped ? 'gzip' : null,
              ...(framed ? { chunked, declared: !chunked } : {}),
              // It comes by the connection of the page before, if that left it open.
              connections: PAGES[i - 1]?.connection === 'keep-alive' ? 0 : 1,
              close: connection === 'close',
            };
          }),
          ...OTHER_PATHS.map((path) => ({ url: `${origin}${path}` })),
        ]);
        expect(seen).toMatchObject(expected);
      });

      test.each(RUNS)('%s: every row is what curl tells', async (_, mode) => {
        const list = Array.from({ length: TIMES }, () => urls).flat();
        const { results } = await report(list, ['--cacert', cacert, ...mode, ...compressed], folder);
        const rows = results.toSorted((a, b) => a.index - b.index);
        expect(rows.map((row) => row.url)).toEqual(list);
        const expected = list.map((_, i) => told[i % told.length] as Told);
        expect(rows.map(comparable)).toEqual(expected.map(comparable));
      });
    });
  });
}

/** All but the bytes of what was compressed on the way: HAProxy's depend on how it happens to read. */
function comparable(row: Answer): Partial<Answer> {
  const { encodedBodySize, ...rest } = answer(row);
  return row.contentEncoding === null ? { ...rest, encodedBodySize } : rest;
}
