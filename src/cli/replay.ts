/**
 * `plugpull replay DIR`: a recorded campaign again, with its profile and its seeds, beside what was recorded. Cycles
 * build on each other's data, so one cycle is replayed by running from the first through it.
 *
 * Same seeds are the same writes, cuts and damage; not the same microseconds. A verdict that hangs on those may differ,
 * and the replay says so.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CALIBRATION_FILE } from '../campaign/calibration.js';
import { compareReplay, formatReplay } from '../report/replayDifferences.js';
import type { Run } from '../report/runRecord.js';
import { parseRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { effectiveRig, ffiOption, path, wholeNumber, type FfiName } from './options.js';
import { UsageError } from '../base/plugpullError.js';
import type { ExitCode, SetExit } from './exitCodes.js';
import { print, printJson } from './output.js';
import { CYCLES_MAX } from './plan.js';
import { run } from './run.js';
import { readRun, readRunFile } from './readRun.js';

interface ReplayOptions {
  cycle?: number;
  out?: string;
  json?: boolean;
  ffi?: FfiName;
  keepLab?: boolean;
}

export function addReplay(program: Command, setExit: SetExit): void {
  program
    .command('replay <dir>')
    .description('run a recorded campaign again, and compare the verdicts')
    .option('--cycle <n>', 'from the first cycle (0) through this one', wholeNumber(0, CYCLES_MAX - 1))
    .option('--out <dir>', 'run directory, new or empty (default: runs/TIME-RIG-SEED)', path)
    .option('--json', 'the run as JSON on stdout, nothing else')
    .addOption(ffiOption('loader of the native library; left out: as recorded').default(undefined))
    .option('--keep-lab', 'leave a virtual lab running that this run started')
    .action(async (dir: string, options: ReplayOptions) => setExit(await replay(dir, options)));
}

/** A run that did not come to its end is replayed as it was planned. */
interface Recorded extends Run {
  rig: ResolvedRig;
}

async function replay(dir: string, options: ReplayOptions): Promise<ExitCode> {
  const recorded = readRecorded(dir);
  const cycles = options.cycle === undefined ? recorded.rig.campaign.cycles : options.cycle + 1;
  if (cycles > recorded.rig.campaign.cycles) {
    throw new UsageError(
      `cycle ${options.cycle} is not in ${dir}: it has cycles 0 to ${recorded.rig.campaign.cycles - 1}`,
    );
  }
  const rig = effectiveRig(recorded.rig, { cycles });
  const ffi = options.ffi ?? recorded.run.host.ffi;
  const { exitCode, record, directory } = await run(rig, {
    ...options,
    ffi,
    calibration: existsSync(join(dir, CALIBRATION_FILE)) ? dir : undefined,
  });
  const comparison = compareReplay(recorded.cycles, record.cycles, cycles);
  if (options.json) printJson({ directory, ...record, replay: { of: dir, ...comparison } });
  else print(formatReplay(comparison));
  return exitCode;
}

function readRecorded(dir: string): Recorded {
  const rig = parseRig(readRunFile(dir, 'rig.yaml'), join(dir, 'rig.yaml'));
  const recorded = readRun(dir);
  // Enrolments of real disks lie beside the profile that was run.
  return { ...recorded, rig: { ...rig, file: recorded.run.rig.file } };
}
