/**
 * Reads the text of `run.json` and `cycles.jsonl`. An error names file, line and field. A run that did not end (kill
 * -9, power lost, run directory full) is rebuilt from the cycles that it recorded; it never counts as a pass.
 */
import type { z } from 'zod';
import { PlugpullError } from '../base/plugpullError.js';
import { campaignVerdict } from '../judge/verdict/verdict.js';
import { cycleRecordSchema, runRecordSchema, type CycleRecord, type Run, type RunRecord } from './runRecord.js';

export type ReportErrorCode =
  /** No JSON, a missing or wrong field, another schema version, or two files that contradict each other. */
  'RUN_RECORD_BAD';

export class ReportError extends PlugpullError<ReportErrorCode> {}

function parse<T extends z.ZodType>(schema: T, text: string, where: string): z.infer<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ReportError('RUN_RECORD_BAD', `${where}: not JSON (${(error as Error).message})`, { where });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = issue.path.join('.');
  throw new ReportError('RUN_RECORD_BAD', `${where}: ${field === '' ? 'record' : field}: ${issue.message}`, {
    where,
    field,
  });
}

/**
 * Skips a last line without a newline: the bench was killed while it wrote that line.
 *
 * @throws ReportError RUN_RECORD_BAD for any other bad line
 */
export function parseCycles(text: string): CycleRecord[] {
  const lines = completeLines(text);
  return lines.flatMap((line, i) =>
    line === '' ? [] : [parse(cycleRecordSchema, line, `cycles.jsonl line ${i + 1}`)],
  );
}

/** The lines that end with a newline, and one empty line. */
export function completeLines(text: string): string[] {
  return text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
}

/** A message if the last line is incomplete; else none. */
export function tornLine(name: string, text: string): string[] {
  const torn = text.length - 1 - text.lastIndexOf('\n');
  return torn === 0 ? [] : [`${name}: the last line is torn (${torn} characters without a newline) and is skipped`];
}

/**
 * A run writes run.json for the last time when all its cycles are recorded. So if the run ended, its counts and the
 * cycles agree, or one of the files was changed later. If it did not end, its cycles are what is known of it
 * (`cyclesText` null: no file).
 *
 * @throws ReportError RUN_RECORD_BAD
 */
export function parseRun(runJson: string, cyclesText: string | null): Run {
  const run = parse(runRecordSchema, runJson, 'run.json');
  if (cyclesText === null && !isUnfinished(run))
    throw new ReportError('RUN_RECORD_BAD', 'cycles.jsonl is missing, and run.json says that the run ended', {});
  const cyclesJsonl = cyclesText ?? '';
  const cycles = parseCycles(cyclesJsonl);
  const torn = tornLine('cycles.jsonl', cyclesJsonl);
  if (isUnfinished(run)) return unfinishedRun(run, cycles, torn);
  for (const [verdict, counted] of Object.entries(run.counts)) {
    const found = cycles.filter((cycle) => cycle.verdict === verdict).length;
    if (found === counted) continue;
    if (torn.length > 0) return unfinishedRun(run, cycles, torn);
    const text = `cycles.jsonl has ${found} cycles with the verdict ${verdict}, and run.json counts ${counted}: one of the files was changed after the run`;
    throw new ReportError('RUN_RECORD_BAD', text, { verdict, found, counted });
  }
  return { run, cycles };
}

/** `missing`: messages about other missing records. */
export function unfinishedRun(run: RunRecord, cycles: CycleRecord[], missing: readonly string[]): Run {
  const { verdict, counts, failureRateUpperBound } = campaignVerdict(cycles.map((cycle) => cycle.verdict));
  const ended =
    `the record is not complete: it has ${cycles.length} of ${run.cyclesPlanned} planned cycles; ` +
    'the run is still going on, or it ended before it could write the rest (killed, power lost, disk full)';
  return {
    run: {
      ...run,
      state: 'running',
      verdict: verdict === 'PASS' ? 'INVALID' : verdict,
      counts,
      failureRateUpperBound,
      troubles: [ended, ...missing, ...run.troubles],
    },
    cycles,
  };
}

/** The run is still going on, or it ended without its last record. */
export function isUnfinished(run: Pick<RunRecord, 'state'>): boolean {
  return run.state === 'running';
}
