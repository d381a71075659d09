import { readdirSync, readFileSync } from 'node:fs';
import type { Settings } from './options.js';

/** Files that are open only for a moment: those of a look-up, of a module, of the list. */
const RESERVE = 8;

/**
 * Files of a worker thread's event loop: for epoll, an event, the two ends of a pipe, what stands by for a lack of files,
 * and with io_uring one or two more.
 */
const PER_THREAD = 7;

/**
 * Settings that this process can live with: no URL is to fail because too many files are open. A URL in flight may need
 * two, one of them for its look-up or for a second address; idle connections have what is left.
 *
 * @throws {Error} `EMFILE` if there is no room for one
 */
export function fitToMachine(settings: Settings): Settings {
  const free = freeDescriptors() - RESERVE;
  if (free < 2) throw Object.assign(new Error('too few files may be open (ulimit -n)'), { code: 'EMFILE' });
  // At least half of the files are left for requests, and before those for what the threads read while they load.
  const threads = Math.max(1, Math.min(settings.threads, Math.floor(free / (2 * PER_THREAD))));
  const room = threads === 1 ? free : free - threads * PER_THREAD;
  // Threads know nothing of one another: some may keep idle connections while another has all that is in flight.
  const perUrl = threads === 1 ? 2 : 3;
  const concurrency = Math.min(settings.concurrency, Math.floor(room / perUrl));
  const maxConnections = Math.min(settings.maxConnections, room - (perUrl - 1) * concurrency);
  return { ...settings, threads, concurrency, maxConnections };
}

/** Threads of libuv's pool, which it makes when one is first needed. */
const MIN_THREADS = 4;
const MAX_THREADS = 1024;

/**
 * How many threads the pool needs so that every URL in flight may look a name up at the same time: look-ups may take half
 * of them, and with Node's four a slow name server holds up every other name.
 */
export function threadPoolSize(concurrency: number): number {
  return Math.min(MAX_THREADS, Math.max(MIN_THREADS, 2 * concurrency));
}

/** How many more files this process may open (POSIX `RLIMIT_NOFILE`); infinite where the system does not tell. */
function freeDescriptors(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit) - readdirSync('/proc/self/fd').length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
