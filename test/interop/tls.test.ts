import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { describeWith } from '../helpers/programs.js';
import { Authority, type Certificate } from './certificates.js';
import { rowOf } from './cli.js';
import { answer, curl } from './curl.js';
import { PAGE_LENGTH, startTlsServer } from './tls-server.js';

/** Any cipher and any signature: what TLS 1.1 has is below what OpenSSL allows by default. */
const ALL_THAT_WAS_EVER_GOOD = ['-cipher', 'ALL:@SECLEVEL=0'];

describeWith(['openssl', 'curl'], 'openssl s_server', () => {
  let folder: string;
  let authority: Authority;

  beforeAll(async () => {
    folder = await makeFolder();
    authority = await Authority.create(folder);
  });

  afterAll(async () => {
    await removeFolder(folder);
  });

  /** A certificate that one of the cases is about. */
  type Sign = () => Promise<Certificate>;
  const right: Sign = () => authority.sign('right');
  const expired: Sign = () => authority.sign('expired', { validity: ['200101000000Z', '200201000000Z'] });
  const notYet: Sign = () => authority.sign('not-yet', { validity: ['490101000000Z', '491231000000Z'] });
  const selfSigned: Sign = () => authority.selfSigned('self-signed');
  const elsewhere: Sign = () => authority.sign('elsewhere', { subjectAltName: 'DNS:elsewhere.example' });

  test.each([
    ['a right certificate', right, []],
    ['TLS 1.2 only', right, ['-tls1_2']],
    ['TLS 1.3 only', right, ['-tls1_3']],
  ] as const)('%s: as curl tells it', async (_, sign, options) => {
    const server = await startTlsServer(await sign(), options, folder);
    try {
      const trust = ['--cacert', authority.cacert];
      const [told] = await curl([server.url], trust, folder);
      const row = await rowOf(server.url, trust);
      expect(row).toMatchObject({ state: 'ok', status: 200, length: PAGE_LENGTH, error: null });
      expect([answer(row)]).toEqual([told].map((one) => one && answer(one)));
    } finally {
      await server.stop();
    }
  });

  test.each([
    ['an expired certificate', expired, [], 'expired'],
    ['a certificate that is not valid yet', notYet, [], 'not valid yet'],
    ['a self-signed certificate', selfSigned, [], 'self-signed'],
    ['a certificate for another host', elsewhere, [], 'another host'],
    ['TLS 1.1 only', right, ['-tls1_1', ...ALL_THAT_WAS_EVER_GOOD], 'old TLS version'],
  ] as const)('%s: failed, and the message says so', async (_, sign, options, reason) => {
    const server = await startTlsServer(await sign(), options, folder);
    try {
      const trust = ['--cacert', authority.cacert];
      await expect(curl([server.url], trust, folder)).rejects.toThrow('curl: (');
      const row = await rowOf(server.url, trust);
      expect(row).toMatchObject({ state: 'failed', status: null, length: null, error: { code: 'tls' } });
      expect(row.error?.message).toContain(reason);
    } finally {
      await server.stop();
    }
  });

  test.each([
    ['expired', expired],
    ['self-signed', selfSigned],
    ['for another host', elsewhere],
  ] as const)('--insecure takes a certificate that is %s', async (_, sign) => {
    const server = await startTlsServer(await sign(), [], folder);
    try {
      expect(await rowOf(server.url, ['--insecure'])).toMatchObject({ state: 'ok', length: PAGE_LENGTH });
    } finally {
      await server.stop();
    }
  });
});
