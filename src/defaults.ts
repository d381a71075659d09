import type { ModeName, Order, ShardBy } from './types.js';

export const MODES: readonly ModeName[] = ['sequential', 'concurrent'];
export const ORDERS: readonly Order[] = ['input', 'completion'];
export const SHARD_BYS: readonly ShardBy[] = ['host', 'url'];

/** The defaults of the options that have one; times are milliseconds. */
export const DEFAULTS = {
  mode: 'concurrent',
  concurrency: 16,
  order: 'input',
  shardBy: 'host',
  timeout: 30_000,
  connectTimeout: 10_000,
  retry: 2,
  maxRedirects: 20,
} as const;
