import { test } from 'vitest';
import { checkHosts, HOSTS_TITLE } from '../helpers/check-hosts.js';

// test/endurance has more of it. The slow hosts alone take some seconds; a busy machine took 16 for the first of these.
test.each([
  { hosts: 800, size: 800, concurrency: 64, order: 'input', tls: false, timeout: 5_000, slow: 20 },
  { hosts: 100, size: 500, concurrency: 256, order: 'completion', tls: false, timeout: 5_000, slow: 20 },
  { hosts: 40, size: 120, concurrency: 64, order: 'input', tls: true, timeout: 5_000, slow: 20 },
] as const)(HOSTS_TITLE, { timeout: 60_000 }, checkHosts);
