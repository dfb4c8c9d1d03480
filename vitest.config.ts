import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Loop devices, FUSE mounts and ptys are few and the machines small: two files at a time.
    maxWorkers: 2,
    // For a hang only: on a busy machine all takes ten times as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
