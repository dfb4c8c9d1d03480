/**
 * `plugpull run RIG`: a campaign from beginning to end. Order of the beginning: what costs nothing and may refuse
 * (profile, lock, run directory, metrics port) comes before any hardware is touched.
 */
import type { Command } from 'commander';
import { CALIBRATION_FILE, loadCalibration, type Calibration } from '../campaign/calibration.js';
import { runCampaign, type CampaignResult } from '../campaign/campaign.js';
import { systemClock } from '../campaign/clock.js';
import { CampaignError } from '../campaign/errors.js';
import { freeBytes } from '../campaign/freeSpace.js';
import { metricsObserver } from '../campaign/metricsObserver.js';
import { planRun } from '../campaign/plan.js';
import { hasNoRoom, shortOfRoom } from '../campaign/recordNeed.js';
import { createRecorder } from '../campaign/recorder.js';
import { realHost } from '../campaign/realHost.js';
import type { RigLock } from '../campaign/rigLock.js';
import { defaultRunPath, RunDirectory } from '../campaign/runDirectory.js';
import { newRunId } from '../campaign/runId.js';
import type { CampaignObserver } from '../campaign/observer.js';
import { parseMetricsAddress, type MetricsAddress } from '../metrics/address.js';
import { createMetrics, type Metrics } from '../metrics/metrics.js';
import { serveMetrics, type MetricsServer } from '../metrics/server.js';
import { summaryTable } from '../report/summaryTable.js';
import type { Run } from '../report/runRecord.js';
import { dumpRig } from '../rig/dump.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { effectiveRig, type CampaignOverrides } from './effectiveRig.js';
import { exitOfCampaign } from './campaignExit.js';
import type { ExitCode } from './exitCodes.js';
import { introduction } from './introduction.js';
import { lockForCommand } from './lockForCommand.js';
import { ffiOption, path, print, printJson, wholeNumber, type FfiName } from './options.js';
import { CYCLES_MAX } from './plan.js';
import type { SetExit } from './program.js';
import { createProgress } from './progress.js';
import { RunFiles } from './runFiles.js';
import { prepareWayOut, type WayOut } from './wayOut.js';

export interface RunOptions {
  out?: string;
  metrics?: MetricsAddress;
  json?: boolean;
  ffi: FfiName;
  keepLab?: boolean;
  /** File or run directory of `relay calibrate`. */
  calibration?: string;
}

export function addRun(program: Command, setExit: SetExit): void {
  program
    .command('run <rig>')
    .description('campaign: load, cut, recover, judge, resynchronize, verify, again and again')
    .option('--cycles <n>', 'instead of the profile\'s', wholeNumber(1, CYCLES_MAX))
    .option('--seed <n>', 'instead of the profile\'s; seeds the virtual lab too', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--out <dir>', 'run directory, new or empty (default: runs/TIME-RIG-SEED)', path)
    .option('--calibration <dir>', 'of `relay calibrate`: each cut is led by what its rails were measured to take')
    .option('--metrics <[host:]port>', 'serve Prometheus metrics meanwhile', parseMetricsAddress)
    .option('--json', 'the run as JSON on stdout, nothing else')
    .addOption(ffiOption())
    .option('--keep-lab', 'leave a virtual lab running that this run started')
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

/** One campaign, recorded and told on the terminal; what `--json` prints is left to the command. */
export async function run(rig: ResolvedRig, options: RunOptions): Promise<RunOutcome> {
  if (rig.campaign.cuts.length === 0) {
    throw new CampaignError('NOTHING_TO_CUT', `${rig.file} names no rail to cut: a campaign needs one; write rails: and campaign.cuts`, { rig: rig.name });
  }
  const calibration = options.calibration === undefined ? null : loadCalibration(options.calibration, rig.name);
  const wayOut = prepareWayOut();
  try {
    const lock = lockForCommand(rig.name, 'run');
    try {
      const place = options.out ?? defaultRunPath(rig.name, rig.campaign.seed, systemClock.wallMs());
      warnOfRoom(rig, place);
      const dir = RunDirectory.create(place);
      return await runIn(dir, rig, { ...options, calibration, wayOut }, lock);
    } finally {
      lock.release();
    }
  } finally {
    wayOut.release();
  }
}

/** The options with the calibration read, and the way out prepared. */
type Options = Omit<RunOptions, 'calibration'> & { calibration: Calibration | null; wayOut: WayOut };

async function runIn(dir: RunDirectory, rig: ResolvedRig, options: Options, lock: RigLock): Promise<RunOutcome> {
  const metrics = createMetrics(rig.name, rig.rails.map((r) => r.name));
  const server = options.metrics === undefined ? null : await serveOrDiscard(dir, metrics, options.metrics);
  try {
    if (server !== null && !options.json) print(`metrics: ${server.url}`);
    return await runRecorded(dir, rig, options, lock, metrics);
  } finally {
    await server?.close();
  }
}

async function runRecorded(dir: RunDirectory, rig: ResolvedRig, options: Options, lock: RigLock, metrics: Metrics): Promise<RunOutcome> {
  const files = new RunFiles(dir, rig, { runId: newRunId(), ffi: options.ffi });
  dir.write('rig.yaml', dumpRig(rig));
  // A replay finds it here.
  if (options.calibration !== null) dir.write(CALIBRATION_FILE, `${JSON.stringify(options.calibration, null, 2)}\n`);
  const recorder = createRecorder(dir, systemClock);
  for (const w of rig.warnings) process.stderr.write(`plugpull: warning: ${w.field}: ${w.text}\n`);
  if (!options.json) print(introduction(rig, dir.path, options.calibration !== null));
  const progress = createProgress(options.json === true, process.stdout);
  try {
    const observers = [recorder, files.observer, metricsObserver(metrics), progress.observer];
    options.wayOut.first(() => progress.end());
    const result = await campaign(rig, options, lock, files, observers);
    progress.end();
    return await finish(files, result, metrics, options);
  } catch (error) {
    if (!files.began) dir.discard();
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
  if (hasNoRoom(plan.records, free)) throw new CampaignError('RUN_DIR_FULL', `not one cycle fits: ${text}`, { path: place, free });
  process.stderr.write(`plugpull: warning: ${text}\n`);
}

/** A port that can't be had ends the run before it began: its directory may be named again. @throws MetricsError */
async function serveOrDiscard(dir: RunDirectory, metrics: Metrics, address: MetricsAddress): Promise<MetricsServer> {
  try {
    return await serveMetrics(metrics, address);
  } catch (error) {
    dir.discard();
    throw error;
  }
}

function campaign(rig: ResolvedRig, options: Options, lock: RigLock, files: RunFiles, observers: readonly CampaignObserver[]): Promise<CampaignResult> {
  const { ffi, calibration, wayOut } = options;
  const keepLab = options.keepLab === true;
  if (rig.lab !== null && !keepLab) wayOut.startsLab(rig.name);
  return runCampaign(
    { rig, ffi, keepLab, runId: files.runId, historyDir: files.dir.historyDir, lock, calibration },
    { host: realHost, clock: systemClock, interrupts: wayOut.interrupts, observers, onSession: (session) => wayOut.holds(session) },
  );
}

async function finish(files: RunFiles, result: CampaignResult, metrics: Metrics, options: Options): Promise<RunOutcome> {
  const record = files.summary(result);
  for (const trouble of record.run.troubles) process.stderr.write(`plugpull: ${trouble}\n`);
  files.writeAll(record, await metrics.render());
  if (!options.json) print(`\n${summaryTable(record, process.stdout.columns)}\nreport: ${files.dir.file('report.html')}`);
  return { exitCode: exitOfCampaign(result, record.run), record, directory: files.dir.path };
}
