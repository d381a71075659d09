import { freePorts, type Running, start } from '../helpers/running.js';

/** httpbin, as Debian packages it. */
export interface Httpbin extends Running {
  /** `127.0.0.1:port` */
  readonly host: string;
}

export async function startHttpbin(): Promise<Httpbin> {
  const [port] = await freePorts(1);
  const args = ['-m', 'httpbin.core', '--host', '127.0.0.1', '--port', String(port)];
  const python = await start('/usr/bin/python3', args, [port]);
  return { host: `127.0.0.1:${port}`, stop: () => python.stop() };
}
