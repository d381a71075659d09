// @ts-check
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BIG_LENGTH } from './bodies.mjs';
import { startNginx } from './nginx.mjs';
import { startScript } from './running.mjs';

/** Servers that start when they are first asked for, and then stay. */
export class Servers {
  #folder;
  #scale;
  /** @type {Map<string, Promise<import('./running.mjs').Running>>} */
  #started = new Map();

  /**
   * @param {string} folder
   * @param {number} scale of the big body
   */
  constructor(folder, scale) {
    this.#folder = folder;
    this.#scale = scale;
  }

  nginx() {
    return this.#once('nginx', async () => {
      const folder = join(this.#folder, 'nginx');
      await mkdir(folder);
      return startNginx(folder, Math.round(BIG_LENGTH * this.#scale));
    });
  }

  delays() {
    return this.#once('delays', () => startScript('delays.mjs'));
  }

  silent() {
    return this.#once('silent', () => startScript('silent.mjs'));
  }

  /**
   * @param {string} address
   * @param {number} milliseconds
   */
  dns(address, milliseconds) {
    return this.#once('dns', () => startScript('dns.mjs', [address, String(milliseconds)]));
  }

  async stop() {
    for (const starting of this.#started.values()) {
      // One that did not start is none to be stopped.
      const server = await starting.catch(() => null);
      await server?.stop();
    }
  }

  /**
   * @template {import('./running.mjs').Running} T
   * @param {string} name
   * @param {() => Promise<T>} start
   * @returns {Promise<T>}
   */
  #once(name, start) {
    const started = this.#started.get(name) ?? start();
    this.#started.set(name, started);
    return /** @type {Promise<T>} */ (started);
  }
}
