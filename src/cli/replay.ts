/**
 * `plugpull replay DIR`: runs a recorded campaign again with its profile and seeds, and compares the verdicts. Each
 * cycle uses the data of the earlier ones, so the replay of a cycle starts with the first cycle.
 *
 * The same seeds give the same writes, cuts and faults, but not the same timing. A verdict that depends on timing can
 * differ; the replay reports each difference.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CALIBRATION_FILE } from '../campaign/calibration.js';
import { compareReplay, formatReplay } from '../report/replayDifferences.js';
import type { Run } from '../report/runRecord.js';
import { parseRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { effectiveRig, ffiOption, path, integerOption, type FfiName } from './options.js';
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
    .option('--cycle <n>', 'last cycle of the replay, from 0 (default: all cycles)', integerOption(0, CYCLES_MAX - 1))
    .option('--out <dir>', 'run directory, new or empty (default: runs/TIME-RIG-SEED)', path)
    .option('--json', 'print the run as JSON, and nothing else, on stdout')
    .addOption(ffiOption('FFI binding that loads the native library (default: as recorded)').default(undefined))
    .option('--keep-lab', 'do not end the virtual lab that this run starts')
    .action(async (dir: string, options: ReplayOptions) => setExit(await replay(dir, options)));
}

interface Recorded extends Run {
  rig: ResolvedRig;
}

async function replay(dir: string, options: ReplayOptions): Promise<ExitCode> {
  const recorded = readRecorded(dir);
  const cycles = options.cycle === undefined ? recorded.rig.campaign.cycles : options.cycle + 1;
  if (cycles > recorded.rig.campaign.cycles) {
    throw new UsageError(`--cycle ${options.cycle}: ${dir} has cycles 0 to ${recorded.rig.campaign.cycles - 1}`);
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
  // The enrolments of real disks are in a file beside the profile.
  return { ...recorded, rig: { ...rig, file: recorded.run.rig.file } };
}
