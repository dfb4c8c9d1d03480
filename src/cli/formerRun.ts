/**
 * A recorded run of this rig, from which `plan` estimates the time of the next. Its profile must be the same except for
 * cuts, cycles and seed, because other sizes, disks or loads take other times.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { askedMsOf, type FormerTimes } from '../campaign/plan.js';
import { textOf } from '../campaign/errors.js';
import { parseRun, completeLines } from '../report/parseRun.js';
import { drawCycle } from '../campaign/cycle/cycleSettings.js';
import type { CycleRecord } from '../report/runRecord.js';
import { parseRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { UsageError } from '../base/plugpullError.js';
import { readRunFile } from './readRun.js';

export interface FormerRun {
  directory: string;
  times: FormerTimes;
}

/** The default place of run directories. */
export const RUNS_DIR = 'runs';
/** Runs of this rig that are read, newest first: an estimate must not read thousands. */
const LOOKED_AT_MAX = 20;

/** @throws UsageError if the directory is not a run of this profile with a complete cycle */
export function formerRunIn(directory: string, rig: ResolvedRig): FormerRun {
  const refuse = (why: string): UsageError =>
    new UsageError(`${directory}: ${why}; give the directory of a run of ${rig.file}`);
  let times: FormerTimes | null;
  try {
    times = timesOf(directory, rig);
  } catch (error) {
    throw refuse(textOf(error));
  }
  if (times === null) throw refuse('its profile is not the same');
  if (times.cycles.length === 0) throw refuse('none of its cycles is complete');
  return { directory, times };
}

/** null: `runs/` in the working directory has none. */
export function newestFormerRun(rig: ResolvedRig): FormerRun | null {
  for (const name of candidates(rig.name)) {
    const directory = join(RUNS_DIR, name);
    try {
      const times = timesOf(directory, rig);
      if (times !== null && times.cycles.length > 0) return { directory, times };
    } catch {
      // Of another version, incomplete, or not a run: an older one may be usable.
    }
  }
  return null;
}

/** Their names start with the time. */
function candidates(rigName: string): string[] {
  try {
    const names = readdirSync(RUNS_DIR).filter(
      (name) => name.includes(`-${rigName}-`) && statSync(join(RUNS_DIR, name)).isDirectory(),
    );
    return names.sort().reverse().slice(0, LOOKED_AT_MAX);
  } catch {
    return [];
  }
}

/** Null: another profile. */
function timesOf(directory: string, rig: ResolvedRig): FormerTimes | null {
  const former = parseRig(readRunFile(directory, 'rig.yaml'), join(directory, 'rig.yaml'));
  if (comparable(former) !== comparable(rig)) return null;
  const { run, cycles } = parseRun(readRunFile(directory, 'run.json'), readRunFile(directory, 'cycles.jsonl'));
  const { beganMs, endMs, endTookMs } = readEvents(readRunFile(directory, 'events.jsonl'));
  const ended = cycles.filter(({ verdict, verify }) => verdict !== 'INVALID' && verify !== null);
  return {
    cycles: ended.flatMap(({ index }) => {
      const [from, to] = [beganMs.get(index), beganMs.get(index + 1) ?? endMs];
      if (from === undefined || to === null) return [];
      return [{ tookMs: to - from, askedMs: askedMsOf(drawCycle(former.campaign, former.rails, run.seed, index)) }];
    }),
    writesPerSecond: rateOf(cycles),
    aroundMs: (beganMs.get(0) ?? 0) + endTookMs,
  };
}

/** Over all its loads. */
function rateOf(cycles: readonly CycleRecord[]): number | null {
  const loads = cycles.flatMap(({ load }) => (load === null ? [] : [load]));
  const seconds = loads.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  return seconds === 0 ? null : loads.reduce((sum, { updatesIssued }) => sum + updatesIssued, 0) / seconds;
}

/** The parts of a profile that decide about time. */
function comparable(rig: ResolvedRig): string {
  const { name, primary, secondary, journal, tracking, workload, boards, rails, lab, campaign } = rig;
  const disks = lab?.disks ?? null;
  return JSON.stringify({
    name,
    primary,
    secondary,
    journal,
    tracking,
    workload,
    boards,
    rails,
    disks,
    prepare: campaign.prepare,
    judge: campaign.judge,
    verify: campaign.verify,
    scrub: campaign.scrubPercent,
  });
}

interface EventTimes {
  /** Start of each cycle, in ms from the start of the record. */
  beganMs: Map<number, number>;
  /** Start of the step `end`; null: not recorded. */
  endMs: number | null;
  endTookMs: number;
}

function readEvents(text: string): EventTimes {
  const times: EventTimes = { beganMs: new Map(), endMs: null, endTookMs: 0 };
  // A killed bench can leave a torn last line.
  for (const line of completeLines(text).filter((one) => one !== '')) {
    const e = JSON.parse(line) as { event?: string; atMs?: number; cycle?: number; step?: string; durationMs?: number };
    if (typeof e.atMs !== 'number') continue;
    if (e.event === 'cycle-began' && typeof e.cycle === 'number') times.beganMs.set(e.cycle, e.atMs);
    if (e.event === 'step-began' && e.step === 'end') times.endMs = e.atMs;
    if (e.event === 'step' && e.step === 'end') times.endTookMs = e.durationMs ?? 0;
  }
  return times;
}
