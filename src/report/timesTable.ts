/** Where the time of a run went, as rows of text for all reports: one for each phase of a cycle. */
import { formatMs, formatPercent, MISSING } from './figures.js';
import type { PhaseTimes, RunTimes } from './runTimes.js';

export interface TimesRow {
  phase: string;
  times: string;
  median: string;
  /** Of the time of all cycles. */
  share: string;
  /** Processor time of the bench against the time of the phase; more than 100 % with several threads. */
  processor: string;
  boundBy: string;
}

export const TIMES_COLUMNS: readonly { key: keyof TimesRow; title: string; align: 'left' | 'right' }[] = [
  { key: 'phase', title: 'phase', align: 'left' },
  { key: 'times', title: 'times', align: 'right' },
  { key: 'median', title: 'median', align: 'right' },
  { key: 'share', title: 'share', align: 'right' },
  { key: 'processor', title: 'CPU', align: 'right' },
  { key: 'boundBy', title: 'bounded by', align: 'left' },
];

const MS_PER_HOUR = 3_600_000;
/** A cause that takes this part of a phase is what bounds it. */
const BOUNDS_FROM = 0.5;

/** Fields of the profile that set the time of a phase. */
const FIELDS: Readonly<Record<string, string>> = { dark: 'campaign.dark' };
const CUT_TIME_FIELD = 'campaign.cuts';

/** What a phase waits for that is neither set by the profile nor work of the processor. */
const WAITS: Readonly<Record<string, string>> = { identify: 'safety gate, devices', record: 'run directory' };

export function timesRows({ phases, cyclesMs }: RunTimes): TimesRow[] {
  return phases.map((phase) => ({
    phase: phase.name,
    times: String(phase.count),
    median: formatMs(phase.medianMs),
    share: cyclesMs > 0 ? formatPercent(phase.totalMs / cyclesMs) : MISSING,
    processor: phase.totalMs > 0 ? `${Math.round((100 * phase.cpuMs) / phase.totalMs)} %` : MISSING,
    boundBy: boundText(phase),
  }));
}

function boundText({ name, medianMs, totalMs, cpuMs, bound }: PhaseTimes): string {
  if (bound !== null && bound.medianMs > 0 && bound.medianMs >= BOUNDS_FROM * medianMs) {
    const what = bound.by === 'boards' ? 'boards' : (FIELDS[name] ?? CUT_TIME_FIELD);
    return `${what}, ${formatMs(bound.medianMs)}`;
  }
  if (cpuMs >= BOUNDS_FROM * totalMs) return "this host's processor";
  return WAITS[name] ?? 'devices';
}

/** `6 cycles in 8.55 s: 2526 an hour; outside the cycles: lab 1.02 s, end 388 ms`; null: nothing was timed. */
export function timesSentence({ cycles, cyclesMs, steps }: RunTimes): string | null {
  const parts = [
    ...(cyclesMs > 0
      ? [`${cycles} cycles in ${formatMs(cyclesMs)}: ${Math.round((cycles * MS_PER_HOUR) / cyclesMs)} an hour`]
      : []),
    ...(steps.length > 0
      ? [`outside the cycles: ${steps.map((step) => `${step.name} ${formatMs(step.totalMs)}`).join(', ')}`]
      : []),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}
