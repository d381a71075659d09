import { createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchLengths } from '../../src/index.js';
import { run } from '../helpers/cli.js';
import { fixture, fixturePath, response } from '../helpers/raw-server.js';
import { MODES } from '../helpers/settings.js';

const cacert = fixturePath('ca.pem');
const certificate = { cert: fixture('localhost.pem'), key: fixture('localhost-key.pem') };

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('sessions of %s', (version) => {
  const versions = { minVersion: version, maxVersion: version };

  test.each(MODES)('are resumed where each answer has a connection of its own (%s)', async (mode) => {
    const resumed: boolean[] = [];
    const server = createTlsServer({ ...certificate, ...versions }, (socket) => {
      resumed.push(socket.isSessionReused());
      socket.on('error', () => {}).on('data', () => socket.end(response('hello', ['Connection: close'])));
    });
    const port = await listen(server);
    const list = `https://localhost:${port}/\n`.repeat(5);
    const { status } = await run(['--cacert', cacert, '-m', mode, ...(mode === 'concurrent' ? ['-c', '1'] : [])], {
      stdin: list,
    });
    expect(status).toBe(0);
    expect(resumed).toEqual([false, true, true, true, true]);
  });

  test('of a host that is another than it should be are not taken for a proof', async () => {
    let requests = 0;
    const server = createTlsServer({ ...certificate, ...versions }, (socket) => {
      socket
        .on('error', () => {})
        .on('data', () => {
          requests++;
          socket.end(response('hello', ['Connection: close']));
        });
    });
    const port = await listen(server);
    const { results } = await fetchLengths(Array(5).fill(`https://name.test:${port}/`), {
      mode: 'sequential',
      cacert,
      resolve: [`name.test:${port}:127.0.0.1`],
    });
    expect(results.map(({ error }) => error?.cause)).toEqual(Array(5).fill('ERR_TLS_CERT_ALTNAME_INVALID'));
    expect(requests).toBe(0);
  });

  test.each(MODES)('with a proxy do not let it speak for the hosts behind it (%s)', async (mode) => {
    // One that opens no tunnel, but answers in the host's place with what it has: whoever resumes a session looks at no
    // name any more.
    const secureContext = createSecureContext({ ...certificate, ...versions });
    const stolen: string[] = [];
    let tunnels = 0;
    const server = createServer((raw) => {
      const outer = new TLSSocket(raw, { isServer: true, secureContext });
      raw.on('error', () => {});
      outer
        .on('error', () => {})
        .once('data', () => {
          tunnels++;
          outer.write('HTTP/1.1 200 Connected\r\n\r\n');
          const inner = new TLSSocket(outer, { isServer: true, secureContext });
          inner
            .on('error', () => {})
            .on('data', (bytes) => {
              stolen.push(bytes.toString('latin1'));
              inner.end(response('not the host', ['Connection: close']));
            });
        });
    });
    const port = await listen(server);
    const { results } = await fetchLengths(Array(5).fill('https://me:secret@name.test/'), {
      ...(mode === 'sequential' ? { mode } : { mode, concurrency: 1 }),
      cacert,
      proxy: `https://localhost:${port}`,
    });
    expect(stolen).toEqual([]);
    expect(results.map(({ error }) => error?.cause)).toEqual(Array(5).fill('ERR_TLS_CERT_ALTNAME_INVALID'));
    expect(tunnels).toBe(5);
  });
});
