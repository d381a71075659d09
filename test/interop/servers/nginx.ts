import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, start } from '../../helpers/running.js';
import { isRoot, originsOf, type Site, type SiteOptions } from '../site.js';

/** nginx sends a file as it is if it is smaller, in bytes. */
export const GZIP_MIN_LENGTH = 256;

export async function startNginx({ root, folder, certificate: { certificate, key } }: SiteOptions): Promise<Site> {
  const ports = await freePorts(2);
  const [http, https] = ports;
  const config = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'temp'));
  await writeFile(
    config,
    `
      # Its workers would be nobody, who may not read root's clone.
      ${isRoot ? 'user root;' : ''}
      daemon off;
      worker_processes 2;
      pid "${folder}/nginx.pid";
      error_log stderr warn;
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((use) => `${use}_temp_path "${folder}/temp";`).join(' ')}
        types { text/plain txt; }
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
          location /plain/ { gzip off; }
          location /plain/close/ { gzip off; keepalive_timeout 0; }
          # What is included is not known before it is sent.
          location /chunked/ { gzip off; ssi on; ssi_types *; }
          location /chunked/close/ { gzip off; ssi on; ssi_types *; keepalive_timeout 0; }
          location /gzip/close/ { keepalive_timeout 0; }
        }
      }`,
  );
  const nginx = await start('nginx', ['-e', 'stderr', '-p', folder, '-c', config], ports);
  return { origins: originsOf(http, https), stop: () => nginx.stop() };
}
