// @ts-check
import { memory } from './memory.mjs';
import { names } from './names.mjs';
import { oneUrl } from './one-url.mjs';
import { part } from './part.mjs';
import { bigBodies, delays, gzip, manyHosts, oneHost, tlsHosts } from './races.mjs';

/** @type {Readonly<Record<string, import('./workload.mjs').Workload>>} */
export const WORKLOADS = {
  'one-host': oneHost('one-host', 30_000),
  'many-hosts': manyHosts,
  'tls-hosts': tlsHosts,
  delays,
  'big-bodies': bigBodies,
  gzip,
  'one-url': oneUrl,
  names,
  'one-host-long': oneHost('one-host-long', 300_000),
  memory,
  part,
};

/** They run only by name. */
const SLOW = ['one-host-long', 'memory', 'part'];

export const USUAL = Object.keys(WORKLOADS).filter((name) => !SLOW.includes(name));
