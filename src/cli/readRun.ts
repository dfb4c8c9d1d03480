/** Reads the files of a recorded run. A killed run leaves only some of them, and perhaps a torn last line. */
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, textOf } from '../campaign/errors.js';
import {
  ReportError,
  parseRun,
  isUnfinished,
  parseCycles,
  tornLine,
  completeLines,
  unfinishedRun,
} from '../report/parseRun.js';
import { type Run, RUN_SCHEMA_VERSION, runRecordSchema, type RunRecord } from '../report/runRecord.js';
import { UsageError } from '../base/plugpullError.js';
import { z } from 'zod';
import { parseRig } from '../rig/load.js';

/** Enough for a million cycles, and just below the longest string of Node.js. */
const FILE_BYTES_MAX = 2 ** 29 - 2 ** 20;

/**
 * Refuses a directory or a file that is itself a symbolic link: another user may have placed it. @throws UsageError
 */
export function readRunFile(dir: string, name: string): string {
  try {
    if (lstatSync(dir).isSymbolicLink())
      throw new UsageError(`${dir} is a symbolic link; give the run directory itself`);
    const fd = openSync(join(dir, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(fd);
      if (!fstatSync(fd).isFile())
        throw new UsageError(`${join(dir, name)} is not a regular file; give the directory of a run`);
      if (size > FILE_BYTES_MAX)
        throw new UsageError(
          `${join(dir, name)} has ${size} bytes, more than the ${FILE_BYTES_MAX} that plugpull reads; give the directory of a shorter run`,
        );
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (codeOf(error) === 'ELOOP')
      throw new UsageError(`${join(dir, name)} is a symbolic link; give the directory of a run`);
    if (dir === '' || codeOf(error) === 'ENOTDIR')
      throw new UsageError(`"${dir}" is not a directory; give the directory of a run`);
    const why =
      codeOf(error) === 'ENOENT' ? 'does not exist; give the directory of a run' : `can't be read (${textOf(error)})`;
    throw new UsageError(`${join(dir, name)} ${why}`);
  }
}

/** Files that a complete run has. The report of an unfinished run lists those that are missing. */
const EXPECTED_FILES = ['cycles.jsonl', 'events.jsonl', 'history', 'metrics.prom'];

/** As much of a run as was recorded. @throws UsageError, ReportError, RigError, with the directory in the message */
export function readRun(dir: string): Run {
  try {
    const { run, cycles } = readRecorded(dir);
    if (!isUnfinished(run)) return { run, cycles };
    const missing = EXPECTED_FILES.filter((name) => !existsSync(join(dir, name))).map((name) => `${name} is missing`);
    return { run: { ...run, troubles: [...run.troubles, ...missing] }, cycles };
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    const canRebuild = error.context.where === 'run.json' && existsSync(join(dir, 'rig.yaml'));
    const next = canRebuild
      ? '; remove run.json and run plugpull report again: it then reads cycles.jsonl, events.jsonl and rig.yaml'
      : '';
    throw new ReportError(error.code, `${dir}: ${error.message}${next}`, { ...error.context, dir });
  }
}

function readRecorded(dir: string): Run {
  const textOfFile = (name: string): string | null => (existsSync(join(dir, name)) ? readRunFile(dir, name) : null);
  const cycles = textOfFile('cycles.jsonl');
  const rig = textOfFile('rig.yaml');
  if (rig === null || existsSync(join(dir, 'run.json'))) return parseRun(readRunFile(dir, 'run.json'), cycles);
  return rebuiltRun(dir, { rig, events: textOfFile('events.jsonl') ?? '', cycles: cycles ?? '' });
}

const UNKNOWN = 'unknown';

/** The fields of events.jsonl that a record needs. */
const eventSchema = z.object({
  wall: z.iso.datetime(),
  identities: z.record(z.string(), runRecordSchema.shape.devices.element.omit({ area: true })).optional(),
  report: z.object({ io: runRecordSchema.shape.host.shape.io }).optional(),
});

interface RunTexts {
  rig: string;
  /** Both are empty if the file is missing. */
  events: string;
  cycles: string;
}

/**
 * The record of a run without run.json: an early plugpull wrote it only at the end of a run, or an operator removed it.
 * Fields that the other files do not have get placeholders. @throws RigError, ReportError
 */
function rebuiltRun(dir: string, texts: RunTexts): Run {
  const rig = parseRig(texts.rig, join(dir, 'rig.yaml'));
  const events = completeLines(texts.events).flatMap(readEvent);
  const opened = events.find((event) => event.identities !== undefined);
  const run: RunRecord = {
    schemaVersion: RUN_SCHEMA_VERSION,
    state: 'running',
    plugpull: UNKNOWN,
    rig: { name: rig.name, file: rig.file },
    seed: rig.campaign.seed,
    runId: 0,
    replay: `plugpull replay ${dir}`,
    startedAt: events[0]?.wall ?? new Date(0).toISOString(),
    endedAt: null,
    host: { kernel: UNKNOWN, node: UNKNOWN, cpus: 0, memoryBytes: 0, io: opened?.report?.io ?? null, ffi: 'koffi' },
    devices: Object.entries(opened?.identities ?? {}).flatMap(([area, identity]) => {
      const device = runRecordSchema.shape.devices.element.safeParse({ ...identity, area });
      return device.success ? [device.data] : [];
    }),
    cyclesPlanned: rig.campaign.cycles,
    verdict: 'INVALID',
    counts: { PASS: 0, FAIL: 0, INVALID: 0 },
    failureRateUpperBound: 1,
    interrupted: false,
    troubles: [],
  };
  return unfinishedRun(run, parseCycles(texts.cycles), [
    'run.json is missing: host, versions and run id are unknown',
    ...tornLine('cycles.jsonl', texts.cycles),
  ]);
}

function readEvent(line: string): z.infer<typeof eventSchema>[] {
  try {
    const event = eventSchema.safeParse(JSON.parse(line));
    return event.success ? [event.data] : [];
  } catch {
    return [];
  }
}
