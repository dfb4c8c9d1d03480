/**
 * Where the time of a run went: `times` of run.json. Phases are those of events.jsonl; `record` is the time between two
 * cycles, in which the bench writes its records. Durations are in ms of CLOCK_MONOTONIC, pauses of the bench included.
 */
import { z } from 'zod';

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();

/** The part of a phase whose cause is known: a time that the profile sets, or the boards' commands and read-back. */
export interface PhaseBound {
  by: 'profile' | 'boards';
  ms: number;
}

const timed = {
  name: z.string(),
  /** How often it ran: a cycle with two cuts runs some phases twice. */
  count,
  /** Of one time that it ran. */
  medianMs: ms,
  totalMs: ms,
  /** Of all threads of the bench, without the virtual lab and the programs that the bench starts. */
  cpuMs: ms,
};

const phaseTimes = z.object({
  ...timed,
  /** `medianMs`: of the part with that cause. null: the cause is not known. */
  bound: z.object({ by: z.enum(['profile', 'boards']), medianMs: ms }).nullable(),
});
export type PhaseTimes = z.infer<typeof phaseTimes>;

export const runTimesSchema = z.object({
  cycles: count,
  /** The sum of all phases. */
  cyclesMs: ms,
  /** In the order of a cycle. */
  phases: z.array(phaseTimes),
  /** Steps outside the cycles, in the order of a run. */
  steps: z.array(z.object(timed)),
});
export type RunTimes = z.infer<typeof runTimesSchema>;
