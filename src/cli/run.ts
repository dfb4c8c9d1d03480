/**
 * `plugpull run RIG`: a complete campaign. Checks that can refuse the run (profile, lock, safety gate as far as
 * possible, run directory, metrics port) come before any hardware is touched.
 */
import type { Command } from 'commander';
import type { Calibration } from '../campaign/cycle/latencies.js';
import { CALIBRATION_FILE, loadCalibration } from '../campaign/calibration.js';
import { runCampaign } from '../campaign/campaign.js';
import type { CampaignResult } from '../campaign/campaignTypes.js';
import { systemClock } from '../base/systemClock.js';
import { CampaignError } from '../campaign/errors.js';
import { freeBytes, hasNoRoom, shortOfRoom } from '../campaign/record/recordSpace.js';
import { nothingToCut, checkRun, refusalOf } from '../campaign/runCheck.js';
import { planRun } from '../campaign/plan.js';
import { createRecorder, type Recorder } from '../campaign/record/recorder.js';
import { realHost } from '../campaign/session/host.js';
import type { RigLock } from '../campaign/session/rigLock.js';
import { defaultRunPath, RunDirectory, newRunId } from '../campaign/record/runDirectory.js';
import type { CampaignObserver } from '../campaign/observer.js';
import { summaryTable } from '../report/summaryTable.js';
import type { Run } from '../report/runRecord.js';
import { dumpRig } from '../rig/dump.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { effectiveRig, type CampaignOverrides, ffiOption, path, integerOption, type FfiName } from './options.js';
import { exitOfCampaign, EXIT, type ExitCode, type SetExit } from './exitCodes.js';
import { introduction } from './progressText.js';
import { lockForCommand, printRunningLab } from './withSession.js';
import { print, printJson, printError, hurryText } from './output.js';
import { CYCLES_MAX } from './plan.js';
import { createProgress } from './progress.js';
import { RunFiles } from './writeRun.js';
import { addMetricsOptions, RunMetrics, type MetricsOptions } from './runMetrics.js';
import { HURRY, prepareWayOut, type WayOut } from './wayOut.js';

export interface RunOptions extends MetricsOptions {
  out?: string;
  json?: boolean;
  ffi: FfiName;
  keepLab?: boolean;
  /** File, or run directory, of `relay calibrate`. */
  calibration?: string;
}

export function addRun(program: Command, setExit: SetExit): void {
  const command = program
    .command('run <rig>')
    .description(
      'run a campaign: cycles of load, power cut, recovery, judgment, resync and verify; OVERWRITES the areas',
    )
    .option(
      '--cycles <n>',
      `number of cycles, 1 to ${CYCLES_MAX} (default: of the profile)`,
      integerOption(1, CYCLES_MAX),
    )
    .option(
      '--seed <n>',
      'seed of writes, cuts and virtual lab, 0 to 2^53-1 (default: of the profile)',
      integerOption(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--out <dir>', 'run directory, new or empty (default: runs/TIME-RIG-SEED)', path)
    .option(
      '--calibration <dir>',
      'run directory of `relay calibrate`: each cut command is sent earlier by the time that its rails take',
    );
  addMetricsOptions(command)
    .option('--json', 'print the run as JSON, and nothing else, on stdout')
    .addOption(ffiOption())
    .option('--keep-lab', 'do not end the virtual lab that this run starts')
    .action(async (file: string, options: RunOptions & CampaignOverrides) => {
      const { exitCode, record, directory } = await run(effectiveRig(loadRig(file), options), options);
      if (options.json) printJson({ directory, ...record });
      setExit(exitCode);
    });
}

export interface RunOutcome {
  exitCode: ExitCode;
  record: Run;
  directory: string;
}

/** One campaign, recorded and shown on the terminal. The caller prints what `--json` asks for. */
export async function run(rig: ResolvedRig, options: RunOptions): Promise<RunOutcome> {
  const refusal = nothingToCut(rig);
  if (refusal !== null) throw refusal;
  const calibration = options.calibration === undefined ? null : loadCalibration(options.calibration, rig.name);
  const wayOut = prepareWayOut();
  let metrics: RunMetrics | null = null;
  try {
    metrics = await RunMetrics.open(rig, options);
    const outcome = await lockedRun(rig, { ...options, calibration, wayOut, metrics });
    await printRunningLab(rig);
    // The rig is unlocked while the last values wait for their reader.
    await metrics.finish(wayOut.interrupts, options.json ? printError : print);
    return outcome;
  } finally {
    await metrics?.close();
    wayOut.release();
  }
}

async function lockedRun(rig: ResolvedRig, options: Options): Promise<RunOutcome> {
  const lock = lockForCommand(rig.name, 'run');
  try {
    const refusal = refusalOf(await checkRun(rig, { holder: null, ffi: options.ffi }));
    if (refusal !== null) throw refusal;
    const place = options.out ?? defaultRunPath(rig.name, rig.campaign.seed, systemClock.wallMs());
    warnOfRoom(rig, place);
    const dir = RunDirectory.create(place);
    return await runRecorded(dir, rig, options, lock);
  } finally {
    lock.release();
  }
}

/** The options, with the calibration read, signals caught, and metrics served. */
type Options = Omit<RunOptions, 'calibration' | 'metrics'> & {
  calibration: Calibration | null;
  wayOut: WayOut;
  metrics: RunMetrics;
};

async function runRecorded(dir: RunDirectory, rig: ResolvedRig, options: Options, lock: RigLock): Promise<RunOutcome> {
  const { metrics } = options;
  if (metrics.server !== null && !options.json) print(`metrics: ${metrics.server.url}`);
  const files = new RunFiles(dir, rig, { runId: newRunId(), ffi: options.ffi });
  const recorder = beginRecords(files, rig, options);
  for (const w of rig.warnings) process.stderr.write(`plugpull: warning: ${w.field}: ${w.text}\n`);
  if (!options.json) print(introduction(rig, options.calibration !== null));
  const progress = createProgress(options.json === true, process.stdout);
  try {
    // Not earlier: a refused run leaves no directory.
    const sayWhere: CampaignObserver = { opened: () => progress.observer.keepResult?.(`record: ${dir.path}`) };
    const observers = [recorder, files.observer, metrics.observer, progress.observer, sayWhere];
    options.wayOut.first(() => progress.end());
    metrics.says((text) => progress.say(text));
    options.wayOut.setHurryText(() => progress.say(hurryText(HURRY)));
    const result = await campaign(rig, options, lock, files, observers);
    progress.end();
    return await finish(files, recorder, result, options);
  } catch (error) {
    if (!files.hasRecord) dir.discard();
    throw error;
  } finally {
    progress.end();
    recorder.close();
  }
}

/** @throws CampaignError RUN_DIR_FULL when not one cycle fits. */
function warnOfRoom(rig: ResolvedRig, place: string): void {
  const plan = planRun(rig);
  const free = freeBytes(place);
  if (plan.records === null || free === null) return;
  const text = shortOfRoom(plan.records, free, place);
  if (text === null) return;
  if (hasNoRoom(plan.records, free))
    throw new CampaignError('RUN_DIR_FULL', `the run directory has no room for one cycle: ${text}`, {
      path: place,
      free,
    });
  process.stderr.write(`plugpull: warning: ${text}\n`);
}

/** @throws CampaignError RUN_DIR_*, after removing the directory */
function beginRecords(files: RunFiles, rig: ResolvedRig, options: Options): Recorder {
  const { dir } = files;
  try {
    dir.write('rig.yaml', dumpRig(rig));
    // For a replay.
    if (options.calibration !== null) dir.write(CALIBRATION_FILE, `${JSON.stringify(options.calibration, null, 2)}\n`);
    files.writeBeginning();
    return createRecorder(dir, systemClock);
  } catch (error) {
    dir.discard();
    throw error;
  }
}

function campaign(
  rig: ResolvedRig,
  options: Options,
  lock: RigLock,
  files: RunFiles,
  observers: readonly CampaignObserver[],
): Promise<CampaignResult> {
  const { ffi, calibration, wayOut } = options;
  const keepLab = options.keepLab === true;
  if (rig.lab !== null && !keepLab) wayOut.startsLab(rig.name);
  return runCampaign(
    { rig, ffi, keepLab, runId: files.runId, historyDir: files.dir.historyDir, lock, calibration },
    {
      host: realHost,
      clock: systemClock,
      interrupts: wayOut.interrupts,
      observers,
      onSession: (session) => wayOut.holds(session),
    },
  );
}

async function finish(
  files: RunFiles,
  recorder: Recorder,
  result: CampaignResult,
  options: Options,
): Promise<RunOutcome> {
  const record = files.summary(result);
  for (const trouble of record.run.troubles) process.stderr.write(`plugpull: ${trouble}\n`);
  const unwritten = files.writeAll(record, await options.metrics.metrics.render(), recorder.hasEveryCycle);
  const { path } = files.dir;
  const where = unwritten.length === 0 ? `report: ${files.dir.file('report.html')}` : `records: incomplete in ${path}`;
  if (!options.json) print(`\n${summaryTable(record, process.stdout.columns)}\n${where}`);
  for (const trouble of unwritten) process.stderr.write(`plugpull: ${trouble}\n`);
  if (unwritten.length > 0)
    process.stderr.write(
      `plugpull: free space or correct permissions, then \`plugpull report ${path}\` rebuilds the report from the records\n`,
    );
  return {
    exitCode: unwritten.length > 0 ? EXIT.internal : exitOfCampaign(result, record.run),
    record,
    directory: path,
  };
}
