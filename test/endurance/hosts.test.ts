import { test } from 'vitest';
import { checkHosts, HOSTS_TITLE } from '../helpers/check-hosts.js';

const SIZES = [
  { hosts: 10_000, size: 10_000, tls: false, timeout: 15_000, slow: 500 },
  { hosts: 500, size: 5_000, tls: false, timeout: 15_000, slow: 100 },
  { hosts: 300, size: 1_500, tls: true, timeout: 15_000, slow: 100 },
] as const;

const RUNS = [
  { concurrency: 64, order: 'input' },
  { concurrency: 64, order: 'completion' },
  { concurrency: 256, order: 'input' },
  { concurrency: 256, order: 'completion' },
] as const;

test.each(SIZES.flatMap((size) => RUNS.map((run) => ({ ...size, ...run }))))(HOSTS_TITLE, checkHosts);
