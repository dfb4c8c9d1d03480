export type Suite = 'quick' | 'long' | 'root' | 'vm';

export interface Duration {
  seconds: number;
  cpuSeconds: number | null;
  tests: number;
}

export const DURATIONS_FILE: string;
export const TEST_FOLDER: string;
export const SUITES: readonly Suite[];
export const QUICK_SECONDS: number;
export function testFiles(): string[];
export function recordedDurations(): Record<string, Duration>;
export function suiteOf(path: string, durations?: Record<string, Duration>): Suite;
