import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/install/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
