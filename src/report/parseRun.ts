/** Reads the text of `run.json` and `cycles.jsonl`, and says what is wrong by file, line and field. */
import type { z } from 'zod';
import { ReportError } from './errors.js';
import { cycleRecordSchema, runRecordSchema, type CycleRecord, type Run } from './runRecord.js';
import { isUnended, unendedRun } from './unended.js';

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
 * A last line without its newline is what a bench that died was writing: it is left out. Any other bad line throws
 * ReportError RUN_RECORD_BAD.
 */
export function parseCycles(text: string): CycleRecord[] {
  const lines = wholeLines(text);
  return lines.flatMap((line, i) =>
    line === '' ? [] : [parse(cycleRecordSchema, line, `cycles.jsonl line ${i + 1}`)],
  );
}

/** The lines that end with a newline, and an empty one. */
export function wholeLines(text: string): string[] {
  return text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
}

/** What is to be said of a last line that is not whole; nothing when it is. */
export function tornLine(name: string, text: string): string[] {
  const torn = text.length - 1 - text.lastIndexOf('\n');
  return torn === 0 ? [] : [`${name}: the last line is torn (${torn} characters without a newline) and left out`];
}

/**
 * A run that ended wrote run.json last: its counts and the cycles agree, or one of the files is not what the run left.
 * One that did not end is what its cycles say (null: no file), and never a PASS. Throws ReportError RUN_RECORD_BAD.
 */
export function parseRun(runJson: string, cyclesText: string | null): Run {
  const run = parse(runRecordSchema, runJson, 'run.json');
  if (cyclesText === null && !isUnended(run))
    throw new ReportError(
      'RUN_RECORD_BAD',
      'cycles.jsonl: is not there, and run.json says that the run came to its end',
      {},
    );
  const cyclesJsonl = cyclesText ?? '';
  const cycles = parseCycles(cyclesJsonl);
  const torn = tornLine('cycles.jsonl', cyclesJsonl);
  if (isUnended(run)) return unendedRun(run, cycles, torn);
  for (const [verdict, counted] of Object.entries(run.counts)) {
    const found = cycles.filter((cycle) => cycle.verdict === verdict).length;
    if (found === counted) continue;
    if (torn.length > 0) return unendedRun(run, cycles, torn);
    const text = `cycles.jsonl: holds ${found} cycles with the verdict ${verdict}, and run.json counts ${counted}; one of them is not as the run left it`;
    throw new ReportError('RUN_RECORD_BAD', text, { verdict, found, counted });
  }
  return { run, cycles };
}
