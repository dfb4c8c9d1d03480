/** Reads the text of `run.json` and `cycles.jsonl`, and says what is wrong by file, line and field. */
import type { z } from 'zod';
import { ReportError } from './error.js';
import { cycleRecordSchema, runRecordSchema, type CycleRecord, type Run } from './runRecord.js';

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
  throw new ReportError('RUN_RECORD_BAD', `${where}: ${field === '' ? 'record' : field}: ${issue.message}`, { where, field });
}

/**
 * A last line without its newline is what a bench that died was writing: it is left out. Any other bad line throws
 * ReportError RUN_RECORD_BAD.
 */
export function parseCycles(text: string): CycleRecord[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n');
  return lines.flatMap((line, i) => (line === '' ? [] : [parse(cycleRecordSchema, line, `cycles.jsonl line ${i + 1}`)]));
}

/** run.json is written last: its counts and the cycles agree, or one of the files is not what the run left. Throws ReportError RUN_RECORD_BAD. */
export function parseRun(runJson: string, cyclesJsonl: string): Run {
  const run = parse(runRecordSchema, runJson, 'run.json');
  const cycles = parseCycles(cyclesJsonl);
  for (const [verdict, counted] of Object.entries(run.counts)) {
    const found = cycles.filter((cycle) => cycle.verdict === verdict).length;
    if (found === counted) continue;
    const text = `cycles.jsonl: holds ${found} cycles with the verdict ${verdict}, and run.json counts ${counted}; one of them is not as the run left it`;
    throw new ReportError('RUN_RECORD_BAD', text, { verdict, found, counted });
  }
  return { run, cycles };
}
