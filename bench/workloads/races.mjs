// @ts-check
import { DELAYED_BODY, SMALL_LENGTH, TEXT_LENGTH } from '../servers/bodies.mjs';
import { address, listOf, ofManyHosts, ofOneHost } from './lists.mjs';
import { race } from './race.mjs';
import { CONCURRENCY, scaled } from './workload.mjs';

/** @typedef {import('./workload.mjs').Workload} Workload */

/** @type {(title: string, count: number) => Workload} */
export const oneHost = (title, count) => async (bench) => {
  const urls = ofOneHost(await bench.servers.nginx(), scaled(bench, count));
  return [await race(bench, { title, reference: 'net-http', urls, length: SMALL_LENGTH })];
};

/** @type {Workload} */
export const manyHosts = async (bench) => {
  const urls = ofManyHosts(await bench.servers.nginx(), scaled(bench, 20_000));
  return [
    await race(bench, { title: 'many-hosts', reference: 'node-net', urls, length: SMALL_LENGTH, distinct: true }),
  ];
};

/** @type {Workload} */
export const tlsHosts = async (bench) => {
  const { https } = await bench.servers.nginx();
  const urls = listOf(scaled(bench, 3000), (i) => `https://${address(i)}:${https}/small`);
  return [await race(bench, { title: 'tls-hosts', reference: 'node-net', urls, length: SMALL_LENGTH, distinct: true })];
};

/** @type {Workload} */
export const delays = async (bench) => {
  const { port } = await bench.servers.delays();
  const urls = listOf(scaled(bench, 2000), (i) => `http://127.0.0.1:${port}/100?${i}`);
  const contest = await race(bench, { title: 'delays', reference: 'net-http', urls, length: DELAYED_BODY.length });
  const rounds = Math.ceil(urls.length / CONCURRENCY);
  return [{ ...contest, notes: [`${rounds} rounds of 100 ms: ${rounds / 10} s at best.`] }];
};

/** @type {Workload} */
export const bigBodies = async (bench) => {
  const { http, bigLength: length } = await bench.servers.nginx();
  const urls = listOf(4, (i) => `http://127.0.0.1:${http}/big?${i}`);
  return [await race(bench, { title: 'big-bodies', reference: 'node-net', urls, length, concurrency: 4, large: true })];
};

/** @type {Workload} */
export const gzip = async (bench) => {
  const { http, gzipLength: encodedLength } = await bench.servers.nginx();
  const urls = listOf(scaled(bench, 4000), (i) => `http://127.0.0.1:${http}/gzip?${i}`);
  return [await race(bench, { title: 'gzip', reference: 'net-http', urls, length: TEXT_LENGTH, encodedLength })];
};
