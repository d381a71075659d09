import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    exclude: ['browser', 'endurance', 'engines', 'install', 'interop'].map((folder) => `test/${folder}/**`),
    // No proxy of the machine's comes between the commands that tests start and loopback, and bash and perl find the
    // locale: they warn of one that is named but not installed.
    env: { NO_PROXY: '*', LC_ALL: 'C' },
    setupFiles: ['test/helpers/strict.ts'],
    // A process of its own for each file: some count sockets, listeners and memory.
    pool: 'forks',
    // One more than there are cores on a small machine: half of the time a test waits.
    maxWorkers: 3,
    // Only what hangs takes so long: on a busy machine some that take 5 s have taken 20.
    testTimeout: 60_000,
    coverage: {
      include: ['src/**'],
      exclude: ['src/bin.ts', 'src/types.ts'],
      reporter: ['text', 'html'],
      reportsDirectory: 'coverage',
    },
  },
});
