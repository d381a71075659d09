import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/endurance/**/*.test.ts'],
    // No proxy of the machine's comes between the tests and loopback.
    env: { NO_PROXY: '*' },
    setupFiles: ['test/helpers/strict.ts'],
    pool: 'forks',
    // One after the other: they measure memory and times.
    maxWorkers: 1,
    testTimeout: 600_000,
  },
});
