import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/browser/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // As long as Playwright waits: a busy machine may need more than a second until a page is drawn anew.
    expect: { poll: { timeout: 30_000 } },
  },
});
