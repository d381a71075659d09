import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith } from '../helpers/programs.js';
import { freePorts } from '../helpers/running.js';
import { Authority } from './certificates.js';
import { report, rowOf } from './cli.js';
import { type Answer, answer, curl } from './curl.js';
import { OTHER_PATHS, PAGES, SIZES, writePages } from './pages.js';
import { PROXIES } from './proxies/index.js';
import type { HttpProxy, ProxyOptions } from './proxy.js';
import { startNginx } from './servers/nginx.js';
import type { Site } from './site.js';

const SCHEMES = ['http', 'https'] as const;
const CREDENTIALS = { user: 'user', password: 'p.ss' };
/** Percent-encoded more than it must be. */
const USER_INFO = 'user:p%2Ess@';

/** What loopback is reached with directly. */
const AROUND: readonly Readonly<Record<string, string>>[] = [
  { no_proxy: '127.0.0.1' },
  { NO_PROXY: '127.0.0.1' },
  { no_proxy: '*' },
  { NO_PROXY: 'example.com, 127.0.0.1' },
  { NO_PROXY: '127.0.0.0/8' },
];

const ONCE = ['--retry', '0'];

describeWith(['nginx', 'curl', 'openssl'], 'proxies', () => {
  let folder: string;
  let site: Site;
  let trust: readonly string[];

  const pageOf = (scheme: 'http' | 'https'): string => `${site.origins[scheme]}/plain/keep-alive/small.txt`;
  /** What a proxy's log has of a page. */
  const requestFor = (scheme: 'http' | 'https'): string =>
    scheme === 'http' ? `GET ${pageOf(scheme)}` : `CONNECT ${new URL(pageOf(scheme)).host}`;

  beforeAll(async () => {
    folder = await makeFolder();
    const [root, own] = [join(folder, 'pages'), join(folder, 'nginx')];
    await Promise.all([writePages(root), mkdir(own)]);
    const authority = await Authority.create(folder);
    trust = ['--cacert', authority.cacert];
    site = await startNginx({ root, folder: own, certificate: await authority.sign('localhost') });
  });

  afterAll(async () => {
    await site?.stop();
    await removeFolder(folder);
  });

  for (const { program, start, statusIfWrong } of PROXIES) {
    describeWith([program], program, () => {
      /** Starts the proxy, lets it be used, stops it, and gives its log: only then it is complete. */
      async function proxied(use: (proxy: HttpProxy) => Promise<void>, options: Partial<ProxyOptions> = {}) {
        const proxy = await start({ folder: await mkdtemp(join(folder, `${program}-`)), ...options });
        try {
          await use(proxy);
        } finally {
          await proxy.stop();
        }
        return proxy.requests();
      }

      describe.each([
        ['open to all', '', undefined],
        ['with credentials', USER_INFO, CREDENTIALS],
      ] as const)('%s', (_, userInfo, credentials) => {
        test.each(['sequential', 'concurrent'])('%s: every row is what curl tells', async (mode) => {
          const paths = [...PAGES.map(({ path }) => path), ...OTHER_PATHS];
          const urls = SCHEMES.flatMap((scheme) => paths.map((path) => `${site.origins[scheme]}${path}`));
          const expected: Answer[] = [];
          const actual: Answer[] = [];
          // A proxy for each, to tell their requests apart.
          const [byCurl, byUs] = await Promise.all([
            proxied(
              async ({ port }) => {
                const told = await curl(urls, [...trust, '-x', `http://${userInfo}127.0.0.1:${port}`], folder);
                expected.push(...told.map(answer));
              },
              { credentials },
            ),
            proxied(
              async ({ port }) => {
                const options = [...trust, ...ONCE, '--mode', mode, '--proxy', `http://${userInfo}127.0.0.1:${port}`];
                actual.push(...(await report(urls, options, folder)).results.map(answer));
              },
              { credentials },
            ),
          ]);
          expect(actual).toEqual(expected);
          expect(new Set(byUs)).toEqual(new Set(byCurl));
          for (const scheme of SCHEMES) expect(byUs).toContain(requestFor(scheme));
        });
      });

      test.each(SCHEMES)('%s: the environment chooses it', async (scheme) => {
        const names = [`${scheme}_proxy`, 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
        const requests = await proxied(async ({ port }) => {
          for (const name of names) {
            const row = await rowOf(pageOf(scheme), [...trust, ...ONCE], { [name]: `http://127.0.0.1:${port}` });
            expect(row, name).toMatchObject({ state: 'ok', status: 200, length: SIZES.small });
          }
        });
        expect(requests).toEqual(names.map(() => requestFor(scheme)));
      });

      test.each([
        ['by the environment', () => []],
        // As with curl.
        ['on the command line', (proxy: string) => ['--proxy', proxy]],
      ] as const)('NO_PROXY goes around it where it is chosen %s', async (_, options) => {
        const requests = await proxied(async ({ port }) => {
          const proxy = `http://127.0.0.1:${port}`;
          for (const around of AROUND) {
            const env = { http_proxy: proxy, https_proxy: proxy, ...around };
            const urls = SCHEMES.map(pageOf);
            const told = await curl(urls, [...trust, ...options(proxy)], folder, env);
            const { results } = await report(urls, [...trust, ...ONCE, ...options(proxy)], folder, env);
            expect(results.map(answer), JSON.stringify(around)).toEqual(told.map(answer));
          }
        });
        expect(requests).toEqual([]);
      });

      test.each(SCHEMES)('%s: NO_PROXY for another host does not go around it', async (scheme) => {
        const requests = await proxied(async ({ port }) => {
          const proxy = `http://127.0.0.1:${port}`;
          const env = { http_proxy: proxy, https_proxy: proxy, NO_PROXY: 'example.com,10.0.0.0/8,7.0.0.1' };
          await curl([pageOf(scheme)], trust, folder, env);
          expect(await rowOf(pageOf(scheme), [...trust, ...ONCE], env)).toMatchObject({
            state: 'ok',
            length: SIZES.small,
          });
        });
        expect(requests).toEqual([requestFor(scheme), requestFor(scheme)]);
      });

      describe.each([
        ['no', '', 407],
        ['wrong', 'user:wrong@', statusIfWrong],
      ] as const)('%s credentials', (_, userInfo, status) => {
        test.each(SCHEMES)('%s: no answer of the server', async (scheme) => {
          const requests = await proxied(
            async ({ port }) => {
              const proxy = `http://${userInfo}127.0.0.1:${port}`;
              const row = await rowOf(pageOf(scheme), [...trust, ...ONCE, '--proxy', proxy]);
              if (scheme === 'https') {
                await expect(curl([pageOf(scheme)], [...trust, '-x', proxy], folder)).rejects.toThrow(String(status));
              } else {
                const [told] = await curl([pageOf(scheme)], ['-x', proxy], folder);
                expect(told?.status).toBe(status);
                // No client can tell it from a server's own.
                if (status === 401)
                  return expect(row).toMatchObject({ state: 'http-error', status, length: told?.length });
              }
              expect(row).toMatchObject({ state: 'failed', length: null, error: { code: 'proxy' } });
              expect(JSON.stringify(row)).not.toContain('wrong');
            },
            { credentials: CREDENTIALS },
          );
          expect(requests).toEqual([requestFor(scheme), requestFor(scheme)]);
        });
      });

      test('a tunnel to a port that it does not allow', async () => {
        const requests = await proxied(
          async ({ port }) => {
            const proxy = `http://127.0.0.1:${port}`;
            await expect(curl([pageOf('https')], [...trust, '-x', proxy], folder)).rejects.toThrow('403');
            const rows = await Promise.all(
              SCHEMES.map((scheme) => rowOf(pageOf(scheme), [...trust, ...ONCE, '--proxy', proxy])),
            );
            expect(rows).toMatchObject([
              { state: 'ok', length: SIZES.small },
              { state: 'failed', error: { code: 'proxy' } },
            ]);
          },
          { tunnelPort: 443 },
        );
        expect(requests).toHaveLength(3);
      });
    });
  }

  test.each(SCHEMES)('%s: a proxy that does not run is no way, but NO_PROXY goes around it', async (scheme) => {
    const [port] = await freePorts(1);
    const options = [...trust, ...ONCE, '--proxy', `http://127.0.0.1:${port}`];
    expect(await rowOf(pageOf(scheme), options)).toMatchObject({ state: 'failed', status: null, length: null });
    expect(await rowOf(pageOf(scheme), options, { NO_PROXY: '127.0.0.1' })).toMatchObject({
      state: 'ok',
      length: SIZES.small,
    });
  });
});
