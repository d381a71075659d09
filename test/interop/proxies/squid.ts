import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../helpers/programs.js';
import { freePorts, start } from '../../helpers/running.js';
import type { Credentials, HttpProxy, ProxyOptions } from '../proxy.js';

export async function startSquid({ folder, credentials, tunnelPort }: ProxyOptions): Promise<HttpProxy> {
  const [port] = await freePorts(1);
  const [config, log, users] = [join(folder, 'squid.conf'), join(folder, 'access.log'), join(folder, 'users')];
  // Root's Squid becomes another user before it opens its log.
  await chmod(folder, 0o777);
  if (credentials !== undefined) await writeFile(users, await passwordLine(credentials));
  await writeFile(
    config,
    `
http_port 127.0.0.1:${port}
visible_hostname localhost
pid_filename none
coredump_dir ${folder}
cache_log /dev/null
logformat request %rm %ru
access_log stdio:${log} request
cache deny all
netdb_filename none
pinger_enable off
max_filedescriptors 1024
shutdown_lifetime 0 seconds
${tunnelPort === undefined ? '' : `acl tunnelled port ${tunnelPort}\nhttp_access deny CONNECT !tunnelled`}
${credentials === undefined ? 'http_access allow all' : requireUsers(users)}
http_access deny all
`,
  );
  // -N: in the foreground, and without other processes than it needs; -d 1: what goes wrong to standard error.
  const squid = await start('squid', ['-N', '-d', '1', '-f', config], [port]);
  return {
    port,
    stop: () => squid.stop(),
    // A connection without a request is logged as one that is none.
    requests: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => /^[A-Z]+ \S+:/.test(line)),
  };
}

function requireUsers(users: string): string {
  return `
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}
auth_param basic children 1
acl users proxy_auth REQUIRED
http_access allow users`;
}

async function passwordLine({ user, password }: Credentials): Promise<string> {
  return `${user}:${await run('openssl', ['passwd', '-apr1', password])}`;
}
