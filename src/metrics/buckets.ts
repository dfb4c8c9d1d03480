/**
 * Upper bounds of the histograms' buckets, in seconds. Changing one breaks the comparison with runs recorded before.
 * Those of I/O are where it is counted: src/replication/ioSeconds.ts.
 */

/** Recovery reads a log of at most 1 GiB: milliseconds on a lab disk, minutes on a slow journal. */
export const RECOVERY_SECONDS = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Resync: from a few lingering regions of a lab disk to a whole array. */
export const RESYNC_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600];

/**
 * Command to first failed I/O: wire and contact take 10 to 30 ms, hence the fine steps there; then comes the supply's
 * hold-up, up to seconds.
 */
export const CUT_SECONDS = [0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10, 30];
