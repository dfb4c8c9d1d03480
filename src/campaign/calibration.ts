/**
 * Calibration of a rig's rails: measured one rail after the other, and read from `calibration.json`. Under load: from
 * the command to the first failed I/O. With the devices closed: from the command to the first good I/O.
 *
 * It overwrites the areas, as a run does, and leaves a journal in which every region is dirty. The results are no finer
 * than the interval between two reads (2 ms), and include the time in which a kernel retries before it reports an
 * error.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AreaName } from '../base/areas.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { AreaWatch } from './areaWatch.js';
import { NS_PER_MS, delayOr } from '../base/clock.js';
import { CampaignError, textOf } from './errors.js';
import { type Calibration, distributionOf } from './cycle/latencies.js';
import type { DeviceSign, SwitchRecord } from './cycle/cycleTypes.js';
import { powerLossNs } from './cycle/proof.js';
import { mixSeed, railCuts, uniform } from './cycle/cycleSettings.js';
import type { Session } from './session/session.js';
import { within } from './within.js';

/**
 * Load before a cut: long enough for writes and flushes in flight; it varies so that no cut falls into their rhythm.
 */
const LOAD_MS = { min: 100, max: 300 };
/** Between two reads of a device whose power returns: the resolution of the measurement. */
const RETURN_LOOK_MS = 2;
/** Attempts at one sample where the bench process pauses in each. */
const TRIES = 10;

export interface CalibrationSample {
  rail: string;
  index: number;
  cutMs: number;
  returnMs: number;
}

export interface CalibrateOptions {
  cutsPerRail: number;
  /** ISO 8601; for the record. */
  takenAt: string;
  onSample(sample: CalibrationSample): void;
  /** Once aborted, `calibrate` rejects with INTERRUPTED at the next step; the end of the session restores the power. */
  signal: AbortSignal;
}

/**
 * Leaves out rails that power no area alone: they can't be measured.
 * @throws CampaignError HARDWARE_FAILED, INTERRUPTED; the errors of power and of the engine
 */
export async function calibrate(session: Session, rig: ResolvedRig, options: CalibrateOptions): Promise<Calibration> {
  const rails: Calibration['rails'] = {};
  await session.openDevices();
  for (const { name } of rig.rails) {
    const [{ areas }] = railCuts([name], rig.rails);
    if (areas.length === 0) continue;
    const cut: number[] = [];
    const back: number[] = [];
    for (let index = 0; index < options.cutsPerRail; index++) {
      const seed = mixSeed(
        mixSeed(rig.campaign.seed, index),
        rig.rails.findIndex((r) => r.name === name),
      );
      const sample = await withoutPauses(session, name, () =>
        new Measurement(session, rig, name, areas, options.signal).take(seed),
      );
      cut.push(sample.cutMs);
      back.push(sample.returnMs);
      options.onSample({ rail: name, index, ...sample });
    }
    rails[name] = { cut: distributionOf(cut), return: distributionOf(back) };
  }
  return { schemaVersion: 1, rig: rig.name, takenAt: options.takenAt, rails };
}

/** A sample in which the bench process paused measures the bench and not the rail: it is taken again. */
async function withoutPauses<T>(session: Session, rail: string, take: () => Promise<T>): Promise<T> {
  for (let left = TRIES; left > 0; left--) {
    let paused = false;
    const { clock } = session;
    const unsubscribe = clock.onPause(() => (paused = true));
    const sample = await take().finally(unsubscribe);
    if (!paused) return sample;
  }
  throw new CampaignError(
    'HARDWARE_FAILED',
    `rail ${rail}: the bench process paused in each of ${TRIES} measurements; calibrate on a host that is less busy`,
    { rail },
  );
}

/** One cut and one return of one rail. The engine is open before and after. */
class Measurement {
  private readonly session: Session;
  private readonly rig: ResolvedRig;
  private readonly rail: string;
  private readonly areas: readonly AreaName[];
  private readonly signal: AbortSignal;

  constructor(session: Session, rig: ResolvedRig, rail: string, areas: readonly AreaName[], signal: AbortSignal) {
    this.session = session;
    this.rig = rig;
    this.rail = rail;
    this.areas = areas;
    this.signal = signal;
  }

  async take(seed: number): Promise<{ cutMs: number; returnMs: number }> {
    const { engine } = this.session;
    this.refuseInterrupted();
    await engine.format('dirty');
    const load = engine.load(this.rig.workload, seed, null).then(
      () => null,
      (error: unknown) => error,
    );
    await this.wait(uniform(mixSeed(seed, 0), LOAD_MS.min, LOAD_MS.max));
    const { cutMs, unresponsive } = await this.cut();
    await this.wait(this.rig.campaign.darkMs);
    await engine.stop();
    // The load may end with an error, since its devices have no power; but it must end before the power returns.
    await load;
    // An unresponsive device completes the engine's I/O only once its power is back.
    const released = engine.abandon();
    if (!unresponsive) await released;
    const returnMs = await this.restore();
    await this.inTime('return', 'closing the devices', released);
    const mismatch = await this.session.identify();
    if (mismatch !== null) throw new CampaignError('HARDWARE_FAILED', mismatch.text, { rail: this.rail });
    await engine.open(await this.session.engineSpec());
    return { cutMs, returnMs };
  }

  private async wait(ms: number): Promise<void> {
    await delayOr(this.session.clock, ms, this.signal);
    this.refuseInterrupted();
  }

  private refuseInterrupted(): void {
    if (this.signal.aborted)
      throw new CampaignError('INTERRUPTED', 'the calibration was interrupted', { rail: this.rail });
  }

  private async cut(): Promise<{ cutMs: number; unresponsive: boolean }> {
    const { session } = this;
    const signs: DeviceSign[] = [];
    let allSeen = (): void => undefined;
    const seen = new Promise<void>((resolve) => (allSeen = resolve));
    const note = (sign: DeviceSign): void => {
      signs.push(sign);
      if (this.areas.every((area) => signs.some((s) => s.area === area))) allSeen();
    };
    const watch = new AreaWatch(session, note);
    const unsubscribe = session.onFailure((failure) => {
      if (failure.timedOut !== true) note({ ...failure, source: 'engine' });
    });
    try {
      watch.begin(this.areas, this.rig.campaign.silenceMs);
      const [command] = await session.power.switchAndRecord([this.rail], 'off');
      await this.inTime(
        'cut',
        `the loss of power on rail ${this.rail} (is the relay welded, the rail miswired, or the device fed twice?)`,
        seen,
      );
      await session.engine.powerLost([...this.areas]);
      return { cutMs: this.firstAfter(command, signs), unresponsive: signs.some((sign) => sign.source === 'silent') };
    } finally {
      unsubscribe();
      watch.end();
    }
  }

  private firstAfter(command: SwitchRecord, signs: readonly DeviceSign[]): number {
    const early = signs.find((sign) => sign.atNs < command.askedNs);
    if (early !== undefined) {
      throw new CampaignError(
        'HARDWARE_FAILED',
        `${early.area} failed an I/O before rail ${this.rail} was cut; repair the device or its cable, then calibrate again`,
        { area: early.area },
      );
    }
    // A virtual contact without delay opens before the tty has reported that the last byte is sent.
    return Math.max(0, Math.min(...signs.map(powerLossNs)) - command.commandNs) / NS_PER_MS;
  }

  private async restore(): Promise<number> {
    const { session } = this;
    const watch = new AreaWatch(session, () => undefined);
    const askedNs = session.clock.nowNs();
    let backNs = 0;
    try {
      const looking = watch.untilReadable(this.areas, RETURN_LOOK_MS).then(() => (backNs = session.clock.nowNs()));
      const [command] = await session.power.switchAndRecord([this.rail], 'on');
      await this.inTime('return', `the return of power on rail ${this.rail}`, looking);
      return Math.max(0, backNs - Math.max(askedNs, command.commandNs)) / NS_PER_MS;
    } finally {
      watch.end();
    }
  }

  private async inTime(deadline: 'cut' | 'return', what: string, promise: Promise<unknown>): Promise<void> {
    try {
      await within(this.session.clock, this.rig.campaign.deadlinesMs[deadline], what, promise);
    } catch (error) {
      throw new CampaignError(
        'HARDWARE_FAILED',
        `${textOf(error)}; see campaign.deadlines.${deadline}`,
        { rail: this.rail },
        error,
      );
    }
  }
}

export const CALIBRATION_FILE = 'calibration.json';
const CALIBRATION_BYTES_MAX = 2 ** 24;

const ms = z.number().min(0).max(86_400_000);
const distribution = z.object({
  samples: z.array(ms).max(100_000),
  min: ms,
  median: ms,
  p95: ms,
  max: ms,
});

const calibrationSchema: z.ZodType<Calibration> = z.object({
  schemaVersion: z.literal(1),
  rig: z.string(),
  takenAt: z.string(),
  rails: z.record(
    z.string(),
    z.object({
      cut: distribution,
      return: distribution,
    }),
  ),
});

/**
 * `path`: a run directory, or the file itself. @throws CampaignError CALIBRATION_INVALID, also for another rig's file
 */
export function loadCalibration(path: string, rig: string): Calibration {
  const refuse = (why: string): CampaignError =>
    new CampaignError(
      'CALIBRATION_INVALID',
      `${path} is no calibration of this rig: ${why}; make one with: plugpull relay calibrate`,
      { path },
    );
  let value: unknown;
  try {
    const file = statSync(path).isDirectory() ? join(path, CALIBRATION_FILE) : path;
    if (statSync(file).size > CALIBRATION_BYTES_MAX) throw refuse(`larger than ${CALIBRATION_BYTES_MAX} bytes`);
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof CampaignError ? error : refuse(textOf(error));
  }
  const parsed = calibrationSchema.safeParse(value);
  if (!parsed.success) throw refuse(`${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  if (parsed.data.rig !== rig) throw refuse(`it belongs to rig "${parsed.data.rig}", not to "${rig}"`);
  return parsed.data;
}
