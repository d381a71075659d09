import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, start } from '../../helpers/running.js';
import { isRoot, originsOf, type Site, type SiteOptions } from '../site.js';

const MODULES = [
  'mpm_event',
  'authz_core',
  'mime',
  'dir',
  'alias',
  'autoindex',
  'env',
  'setenvif',
  'filter',
  'deflate',
  'lua',
  'socache_shmcb',
  'ssl',
];

/** What was flushed before the end was there has no length. */
const SEND_IN_CHUNKS = `
  function handle(r)
    local file = io.open(r.filename, 'rb')
    r.content_type = 'text/plain'
    r:flush()
    r:write(file:read('*a'))
    file:close()
    return apache2.OK
  end
`;

export async function startApache({ root, folder, certificate: { certificate, key } }: SiteOptions): Promise<Site> {
  const ports = await freePorts(2);
  const [http, https] = ports;
  const [config, script] = [join(folder, 'apache2.conf'), join(folder, 'cat.lua')];
  await writeFile(script, SEND_IN_CHUNKS);
  await writeFile(
    config,
    `
      ${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
      ${isRoot ? 'User www-data\nGroup www-data' : ''}
      ServerName localhost
      DefaultRuntimeDir "${folder}"
      PidFile "${folder}/apache2.pid"
      # Not /dev/stderr, which is a socket and cannot be opened.
      ErrorLog "|/bin/cat"
      TypesConfig /dev/null
      AddType text/plain .txt
      Listen 127.0.0.1:${http}
      Listen 127.0.0.1:${https}
      DocumentRoot "${root}"
      <Directory "${root}">
        Require all granted
        Options +Indexes
      </Directory>
      LuaMapHandler ^/chunked/ "${script}"
      <Location /gzip/>
        SetOutputFilter DEFLATE
      </Location>
      SetEnvIf Request_URI /close/ nokeepalive
      <VirtualHost 127.0.0.1:${https}>
        SSLEngine on
        SSLCertificateFile "${certificate}"
        SSLCertificateKeyFile "${key}"
      </VirtualHost>
    `,
  );
  const apache = await start('apache2', ['-D', 'FOREGROUND', '-d', folder, '-f', config], ports);
  return { origins: originsOf(http, https), stop: () => apache.stop() };
}
