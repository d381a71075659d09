import { request } from 'node:http';
import type { Socket } from 'node:net';
import { FetchFailure } from './errors.js';
import type { HttpProxy } from './proxies.js';
import { type Endpoint, hostPort } from './routes.js';

/**
 * Has a proxy open a tunnel (RFC 9110, section 9.3.6) on a connection to it.
 *
 * @throws {FetchFailure} `proxy`
 */
export async function openTunnel(socket: Socket, { authorization }: HttpProxy, endpoint: Endpoint): Promise<void> {
  const target = hostPort(endpoint);
  await new Promise<void>((resolve, reject) => {
    request({
      createConnection: () => socket,
      method: 'CONNECT',
      // Only the status counts: framing fields mean nothing here (RFC 9110, section 9.3.6).
      insecureHTTPParser: true,
      path: target,
      headers: {
        host: target,
        connection: 'keep-alive',
        ...(authorization !== null && { 'proxy-authorization': authorization }),
      },
    })
      .once('connect', ({ statusCode = 0 }, _socket, rest) => {
        if (statusCode < 200 || statusCode > 299) reject(noTunnel(`it answered ${statusCode}`));
        else if (rest.length > 0) reject(noTunnel('it sent more than its answer'));
        else resolve();
      })
      .on('error', ({ code }: NodeJS.ErrnoException) => {
        const why = code?.startsWith('HPE_') ? 'what it sent is not HTTP' : 'it ended the connection';
        reject(noTunnel(why, code ?? null));
      })
      .end();
  });
}

function noTunnel(why: string, systemCode: string | null = null): FetchFailure {
  return new FetchFailure('proxy', systemCode, `the proxy opened no tunnel, ${why}`);
}
