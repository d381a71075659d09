// @ts-check
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { run } from '../programs.mjs';
import { writeBodies } from './bodies.mjs';
import { freePorts, startProgram } from './running.mjs';

/**
 * Its ports, and the lengths of bodies.
 *
 * @typedef {{ http: number, https: number, bigLength: number, gzipLength: number }} Site
 * @typedef {import('./running.mjs').Running & Site} Nginx
 */

/**
 * Listens on every address of this machine, so that those of 127.0.0.0/8 are many hosts, and answers only loopback.
 *
 * @param {string} folder an empty one
 * @param {number} bigLength
 * @returns {Promise<Nginx>}
 */
export async function startNginx(folder, bigLength) {
  const [root, temp, config] = [join(folder, 'root'), join(folder, 'temp'), join(folder, 'nginx.conf')];
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  await mkdir(root);
  await mkdir(temp);
  const { gzipLength } = await writeBodies(root, bigLength);
  // The cheapest handshake for the server, and one that every client speaks.
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2';
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  await run('openssl', ['req', '-x509', ...newKey.split(' '), '-addext', names, '-keyout', key, '-out', certificate]);
  const [http = 0, https = 0] = await freePorts(2);
  await writeFile(
    config,
    `
      # Its workers would be nobody, who may not read root's folders.
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      daemon off;
      worker_processes auto;
      pid "${folder}/nginx.pid";
      error_log stderr crit;
      events { worker_connections 8192; }
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((use) => `${use}_temp_path "${temp}";`).join(' ')}
        default_type text/plain;
        sendfile on;
        open_file_cache max=16;
        keepalive_requests 1000000000;
        server {
          listen 0.0.0.0:${http} backlog=4096;
          listen 0.0.0.0:${https} ssl backlog=4096;
          ssl_certificate "${certificate}";
          ssl_certificate_key "${key}";
          root "${root}";
          allow 127.0.0.0/8;
          deny all;
          # Compressed beforehand: the server is not what is measured.
          location = /gzip { add_header Content-Encoding gzip; }
        }
      }`,
  );
  const nginx = await startProgram('nginx', ['-e', 'stderr', '-p', folder, '-c', config], [http, https]);
  return { ...nginx, http, https, bigLength, gzipLength };
}
