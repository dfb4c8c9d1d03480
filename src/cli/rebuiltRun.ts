/**
 * The record of a run whose run.json is not there (a bench of before it was written at the beginning, or a copy without
 * it): from rig.yaml, events.jsonl and cycles.jsonl. What none of them knows is said to be unknown.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { parseCycles, tornLine, completeLines, unfinishedRun } from '../report/parseRun.js';
import { RUN_SCHEMA_VERSION, runRecordSchema, type Run, type RunRecord } from '../report/runRecord.js';
import { parseRig } from '../rig/load.js';

const UNKNOWN = 'unknown';

/** Of events.jsonl, what a record needs; the rest of a line is not looked at. */
const eventSchema = z.object({
  wall: z.iso.datetime(),
  identities: z.record(z.string(), runRecordSchema.shape.devices.element.omit({ area: true })).optional(),
  report: z.object({ io: runRecordSchema.shape.host.shape.io }).optional(),
});

export interface RunTexts {
  rig: string;
  /** Empty: not there. */
  events: string;
  cycles: string;
}

/** @throws RigError, ReportError */
export function rebuiltRun(dir: string, texts: RunTexts): Run {
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
