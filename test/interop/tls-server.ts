import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, type Running, start } from '../helpers/running.js';
import type { Certificate } from './certificates.js';

/** What `openssl s_server` sends of its one page, in bytes. */
export const PAGE_LENGTH = 12_345;

export interface TlsServer extends Running {
  /** Of its one page. */
  readonly url: string;
}

/**
 * Starts `openssl s_server`: no web server takes settings as bad as these.
 *
 * @param folder the one that it serves
 */
export async function startTlsServer(
  { certificate, key }: Certificate,
  options: readonly string[],
  folder: string,
): Promise<TlsServer> {
  const [port] = await freePorts(1);
  await writeFile(join(folder, 'page.txt'), 'x'.repeat(PAGE_LENGTH));
  const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', certificate, '-key', key, '-WWW', ...options];
  const server = await start('openssl', args, [port], { cwd: folder });
  return { url: `https://127.0.0.1:${port}/page.txt`, stop: () => server.stop() };
}
