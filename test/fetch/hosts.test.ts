import { test } from 'vitest';
import { checkHosts, HOSTS_TITLE } from '../helpers/check-hosts.js';

// test/endurance has more of it.
test.each([
  { hosts: 1_500, size: 1_500, concurrency: 64, order: 'input', tls: false, timeout: 5_000, slow: 150 },
  { hosts: 150, size: 900, concurrency: 256, order: 'completion', tls: false, timeout: 5_000, slow: 40 },
  { hosts: 80, size: 240, concurrency: 64, order: 'input', tls: true, timeout: 5_000, slow: 40 },
] as const)(HOSTS_TITLE, checkHosts);
