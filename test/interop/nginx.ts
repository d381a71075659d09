import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { environment, run } from './programs.js';

/** nginx sends a file as it is if it is smaller, in bytes. */
export const GZIP_MIN_LENGTH = 256;

/** Until nginx listens, in milliseconds. */
const START_TIMEOUT = 20_000;

/** Between two tries to connect, in milliseconds. */
const POLL_INTERVAL = 10;

/** nginx as it serves a folder over both schemes. */
export interface Site {
  readonly origins: Readonly<Record<'http' | 'https', string>>;
  /** A PEM file with the root that signed its certificate. */
  readonly cacert: string;
  stop(): Promise<void>;
}

/**
 * Starts nginx and resolves when it listens.
 *
 * @param root the folder that it serves
 * @param folder an empty one, for all that it writes
 */
export async function startNginx(root: string, folder: string): Promise<Site> {
  const [[http, https], { cacert, certificate, key }] = await Promise.all([freePorts(), makeCertificate(folder)]);
  const config = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'temp'));
  await writeFile(
    config,
    `
      # Its workers would be nobody, who may not read root's clone.
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      daemon off;
      worker_processes 2;
      pid "${folder}/nginx.pid";
      error_log stderr warn;
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((use) => `${use}_temp_path "${folder}/temp";`).join(' ')}
        sendfile on;
        gzip on;
        gzip_types *;
        gzip_min_length ${GZIP_MIN_LENGTH};
        gzip_comp_level 1;
        server {
          listen 127.0.0.1:${http};
          listen 127.0.0.1:${https} ssl;
          ssl_certificate "${certificate}";
          ssl_certificate_key "${key}";
          root "${root}";
          autoindex on;
        }
      }`,
  );
  const nginx = new Nginx(['-e', 'stderr', '-p', folder, '-c', config]);
  try {
    for (const port of [http, https]) await nginx.listening(port);
  } catch (error) {
    await nginx.stop();
    throw error;
  }
  return {
    origins: { http: `http://127.0.0.1:${http}`, https: `https://127.0.0.1:${https}` },
    cacert,
    stop: () => nginx.stop(),
  };
}

/** The running program. */
class Nginx {
  readonly #child: ChildProcess;
  #said = '';
  #ended = false;

  constructor(args: readonly string[]) {
    this.#child = spawn('nginx', args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
    this.#child.on('close', () => {
      this.#ended = true;
    });
  }

  /** Connects again and again until somebody listens; rejects with what nginx says if it ends instead. */
  async listening(port: number): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT;
    while (!(await accepts(port))) {
      if (this.#ended) throw new Error(`nginx ended: ${this.#said}`);
      if (performance.now() > deadline) throw new Error(`nginx does not listen: ${this.#said}`);
      await delay(POLL_INTERVAL);
    }
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill();
    await once(this.#child, 'close');
  }
}

/** Two free ports of loopback, held together so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const [first, second] = servers.map((server) => (server.address() as AddressInfo).port) as [number, number];
  for (const server of servers) await once(server.close(), 'close');
  return [first, second];
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Makes a root and, signed by it, a certificate for loopback. */
async function makeCertificate(folder: string): Promise<{ cacert: string; certificate: string; key: string }> {
  const openssl = (args: string): Promise<string> => run('openssl', args.split(' '), folder);
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  await writeFile(join(folder, 'leaf.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  await openssl(`req -x509 -subj /CN=root ${newKey} -keyout root.key -out root.pem`);
  await openssl(`req -subj /CN=localhost ${newKey} -keyout leaf.key -out leaf.csr`);
  await openssl('x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile leaf.ext -out leaf.pem');
  return { cacert: join(folder, 'root.pem'), certificate: join(folder, 'leaf.pem'), key: join(folder, 'leaf.key') };
}
