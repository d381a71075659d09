import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, start, stopAll } from '../../helpers/running.js';
import { originsOf, type Site, type SiteOptions } from '../site.js';
import { startNginx } from './nginx.js';

/** A file that HAProxy sends out of its own memory. */
const OWN_PAGE = '/plain/keep-alive/small.txt';

/** HAProxy in front of nginx: what it frames, compresses and closes is its own. */
export async function startHaproxy(options: SiteOptions): Promise<Site> {
  const { root, folder, certificate } = options;
  const [behind, config, pem] = [join(folder, 'nginx'), join(folder, 'haproxy.cfg'), join(folder, 'haproxy.pem')];
  await mkdir(behind);
  // It wants both in one file.
  await writeFile(pem, (await readFile(certificate.certificate, 'utf8')) + (await readFile(certificate.key, 'utf8')));
  const nginx = await startNginx({ ...options, folder: behind });
  const ports = await freePorts(2);
  const [http, https] = ports;
  await writeFile(
    config,
    `
      global
        maxconn 1000
      defaults
        mode http
        timeout connect 10s
        timeout client 30s
        timeout server 30s
      frontend pages
        bind 127.0.0.1:${http}
        bind 127.0.0.1:${https} ssl crt "${pem}"
        http-request return status 200 content-type text/plain file "${root}${OWN_PAGE}" if { path ${OWN_PAGE} }
        http-request set-var(txn.path) path
        http-after-response set-header Connection close if { var(txn.path) -m sub /close/ }
        use_backend gzip if { path_beg /gzip/ }
        default_backend as-it-is
      backend as-it-is
        server nginx ${new URL(nginx.origins.http).host}
      backend gzip
        compression algo gzip
        compression type text/plain
        # Else nginx would do it.
        compression offload
        server nginx ${new URL(nginx.origins.http).host}
    \n`,
  );
  try {
    const haproxy = await start('haproxy', ['-db', '-f', config], ports);
    return { origins: originsOf(http, https), stop: () => stopAll([nginx, haproxy]) };
  } catch (error) {
    await nginx.stop();
    throw error;
  }
}
