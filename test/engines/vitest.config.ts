import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/engines/**/*.test.ts'],
    // No proxy of the machine's comes between the tests and its own servers.
    env: { NO_PROXY: '*' },
    setupFiles: ['test/helpers/strict.ts'],
    pool: 'forks',
    // One after the other: some make network interfaces and daemons, some measure memory.
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
