/**
 * `plugpull relay calibrate RIG`: measures the time from each rail's relay command to the loss and the return of power,
 * under load. Overwrites the areas, as a run does, and passes the same gate.
 */
import type { Command } from 'commander';
import { calibrate, CALIBRATION_FILE } from '../campaign/calibration.js';
import type { Calibration, Distribution } from '../campaign/cycle/latencies.js';
import { systemClock } from '../base/systemClock.js';
import { realHost } from '../campaign/session/host.js';
import { lockRig } from '../campaign/session/rigLock.js';
import { defaultRunPath, RunDirectory, newRunId } from '../campaign/record/runDirectory.js';
import { checkRun, refusalOf } from '../campaign/runCheck.js';
import { Session } from '../campaign/session/session.js';
import { dumpRig } from '../rig/dump.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { ffiOption, path, integerOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';
import { formatMs } from './progressText.js';
import { prepareWayOut } from './wayOut.js';
import { printRunningLab } from './withSession.js';

interface CalibrateCommand {
  cuts: number;
  out?: string;
  json?: boolean;
  ffi: FfiName;
}

const CUTS_MAX = 10_000;

export function addRelayCalibrate(relay: Command): void {
  relay
    .command('calibrate <rig>')
    .description('measure the time from relay command to first failed I/O, and to first good I/O; OVERWRITES the areas')
    .option('--cuts <n>', `cuts of each rail, 1 to ${CUTS_MAX}`, integerOption(1, CUTS_MAX), 10)
    .option('--out <dir>', 'run directory, new or empty (default: runs/TIME-RIG-SEED)', path)
    .option('--json', 'print JSON')
    .addOption(ffiOption())
    .action((file: string, options: CalibrateCommand) => calibrateRig(loadRig(file), options));
}

async function calibrateRig(rig: ResolvedRig, options: CalibrateCommand): Promise<void> {
  const wayOut = prepareWayOut();
  const { interrupts } = wayOut;
  const lock = lockRig(rig.name, 'plugpull relay calibrate');
  let dir: RunDirectory | null = null;
  try {
    await refuseBeforehand(rig, options.ffi);
    dir = RunDirectory.create(options.out ?? defaultRunPath(rig.name, rig.campaign.seed, systemClock.wallMs()));
    dir.write('rig.yaml', dumpRig(rig));
    if (rig.lab !== null) wayOut.startsLab(rig.name);
    const session = await Session.open(
      {
        rig,
        ffi: options.ffi,
        lab: 'start',
        keepLab: false,
        lock,
        runId: newRunId(),
        historyDir: null,
        onNote: say,
        stopped: () => interrupts.requested,
      },
      realHost,
      systemClock,
    );
    wayOut.holds(session);
    const stop = new AbortController();
    interrupts.onFirst(() => stop.abort());
    try {
      const calibration = await calibrate(session, rig, {
        cutsPerRail: options.cuts,
        takenAt: new Date().toISOString(),
        signal: stop.signal,
        onSample: (s) => {
          if (!options.json)
            print(
              `${s.rail.padEnd(12)} cut ${s.index}: power off after ${formatMs(s.cutMs)}, on after ${formatMs(s.returnMs)}`,
            );
        },
      });
      dir.write(CALIBRATION_FILE, `${JSON.stringify(calibration, null, 2)}\n`);
      dir.freeRoom();
      if (options.json) printJson({ directory: dir.path, ...calibration });
      else print(formatCalibration(calibration, dir.path, rig.file));
      dir = null;
    } finally {
      const troubles = await session.end();
      troubles.forEach(say);
      if (stop.signal.aborted)
        say(troubles.length === 0 ? `${session.powerAtEnd}, devices released` : 'see the errors above');
    }
  } finally {
    // Without a result the directory has no use.
    dir?.discard();
    wayOut.release();
    lock.release();
  }
  await printRunningLab(rig);
}

/** Refuses what a run refuses, except a profile without cuts: its rails can be measured. */
async function refuseBeforehand(rig: ResolvedRig, ffi: FfiName): Promise<void> {
  const { refusals } = await checkRun(rig, { holder: null, ffi });
  const refusal = refusalOf({ refusals: refusals.filter(({ what }) => what !== 'profile') });
  if (refusal !== null) throw refusal;
}

function say(text: string): void {
  process.stderr.write(`plugpull: ${text}\n`);
}

function formatCalibration(c: Calibration, directory: string, file: string): string {
  const line = (what: string, d: Distribution): string =>
    `${what} min ${formatMs(d.min)}, median ${formatMs(d.median)}, 95 % ${formatMs(d.p95)}, max ${formatMs(d.max)}`;
  const rails = Object.entries(c.rails).flatMap(([rail, r]) => [
    `${rail.padEnd(12)} ${line('off after', r.cut)}`,
    `${' '.repeat(13)}${line('on after', r.return)}`,
  ]);
  return [
    '',
    ...rails,
    '',
    `To send each cut command earlier by these times: plugpull run ${file} --calibration ${directory}`,
  ].join('\n');
}
