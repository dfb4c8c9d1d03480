import type { Duration } from './suites.mjs';

type Durations = Record<string, Duration>;

export interface Report {
  testResults: { name: string; startTime: number; endTime: number; assertionResults: unknown[] }[];
}

export const PAGE_FILE: string;
export function durationsOf(report: Report, cpuRecords: { file: string; cpuSeconds: number }[]): Durations;
export function merged(older: Durations, newer: Durations, files: readonly string[]): Durations;
export function timeClass(seconds: number): string;
export function pageWithTimes(page: string, durations: Durations, files: readonly string[]): string;
