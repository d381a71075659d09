import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, start } from '../../helpers/running.js';
import { originsOf, type Site, type SiteOptions } from '../site.js';

export async function startCaddy({ root, folder, certificate: { certificate, key } }: SiteOptions): Promise<Site> {
  const ports = await freePorts(2);
  const [http, https] = ports;
  const config = join(folder, 'Caddyfile');
  await writeFile(
    config,
    `
      {
        admin off
        auto_https off
        log {
          level WARN
        }
      }
      (pages) {
        bind 127.0.0.1
        root * "${root}"
        encode /gzip/* gzip
        header /chunked/* -Content-Length
        header /*/close/* Connection close
        file_server browse
      }
      http://127.0.0.1:${http} {
        import pages
      }
      https://127.0.0.1:${https} {
        tls "${certificate}" "${key}"
        import pages
      }
    `,
  );
  // It keeps its state in the user's folders.
  const env = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const caddy = await start('caddy', ['run', '--adapter', 'caddyfile', '--config', config], ports, { env });
  return { origins: originsOf(http, https), stop: () => caddy.stop() };
}
