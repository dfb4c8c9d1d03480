/** What is measured on the bare device, by fio and by us. */
export interface IoCase {
  name: string;
  blockBytes: number;
  depth: number;
}

export const IO_CASES: readonly IoCase[] = [
  { name: '4 KiB random writes, depth 1', blockBytes: 4096, depth: 1 },
  { name: '4 KiB random writes, depth 32', blockBytes: 4096, depth: 32 },
  { name: '64 KiB random writes, depth 32', blockBytes: 65536, depth: 32 },
];

/** The case that the mirrored path is set against: its updates are of this size, as many at once. */
export const MIRROR_CASE = IO_CASES[1];

export interface IoSample {
  iosPerSecond: number;
  /** User and system time of the process; what kernel threads spend behind a loop device is nobody's. */
  cpuMicrosecondsPerIo: number;
}
