// @ts-check

/** 127.1.0.0: what comes before it is in use on some machines. */
const FIRST = 0x7f_01_00_00;

/**
 * An address of loopback, another one for every number.
 *
 * @param {number} i
 * @returns {string}
 */
export function address(i) {
  return [24, 16, 8, 0].map((bits) => ((FIRST + i) >> bits) & 255).join('.');
}

/**
 * @param {number} count
 * @param {(i: number) => string} url
 * @returns {string[]}
 */
export function listOf(count, url) {
  return Array.from({ length: count }, (_, i) => url(i));
}

/**
 * Small bodies of one host.
 *
 * @param {import('../servers/nginx.mjs').Nginx} nginx
 * @param {number} count
 * @returns {string[]}
 */
export function ofOneHost({ http }, count) {
  return listOf(count, (i) => `http://127.0.0.1:${http}/small?${i}`);
}

/**
 * Small bodies, each of a host of its own.
 *
 * @param {import('../servers/nginx.mjs').Nginx} nginx
 * @param {number} count
 * @returns {string[]}
 */
export function ofManyHosts({ http }, count) {
  return listOf(count, (i) => `http://${address(i)}:${http}/small`);
}
