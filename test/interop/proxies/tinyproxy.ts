import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, start } from '../../helpers/running.js';
import type { HttpProxy, ProxyOptions } from '../proxy.js';

export async function startTinyproxy({ folder, credentials, tunnelPort }: ProxyOptions): Promise<HttpProxy> {
  const [port] = await freePorts(1);
  const [config, log] = [join(folder, 'tinyproxy.conf'), join(folder, 'tinyproxy.log')];
  await writeFile(
    config,
    `
      Listen 127.0.0.1
      Port ${port}
      LogFile "${log}"
      LogLevel Connect
      ${credentials === undefined ? '' : `BasicAuth ${credentials.user} ${credentials.password}`}
      ${tunnelPort === undefined ? '' : `ConnectPort ${tunnelPort}`}
    `,
  );
  const tinyproxy = await start('tinyproxy', ['-d', '-c', config], [port]);
  return {
    port,
    stop: () => tinyproxy.stop(),
    requests: async () =>
      Array.from((await readFile(log, 'utf8')).matchAll(/Request \(.*\): (\S+ \S+)/g), ([, request]) => request ?? ''),
  };
}
