/**
 * Upper bounds, in seconds, of the buckets in which the worker counts how long I/O takes. Changing one breaks the
 * comparison with runs recorded before.
 *
 * 10 µs is an NVMe drive's cache, 10 s the usual acknowledgement timeout; three to the decade keep a quantile within a
 * factor of about two.
 */
export const IO_SECONDS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10,
];
