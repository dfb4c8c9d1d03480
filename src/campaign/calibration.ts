/**
 * Measures a rig's rails, one after the other: under load, command to first failed I/O; and with the engine's hands off,
 * command to first good I/O.
 *
 * Overwrites what the areas hold, as a run does, and leaves a journal that says that everything differs. Not promised:
 * finer times than the looks at a device (2 ms), and than a kernel that retries before it tells an error.
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

/** Load before a cut: long enough that writes and flushes are in flight, and never in step with them. */
const LOAD_MS = { min: 100, max: 300 };
/** Between two looks for the first good read: the resolution of a return. */
const RETURN_LOOK_MS = 2;
/** Of one sample, on a host on which the bench keeps standing still. */
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
  /** Aborted, it rejects with INTERRUPTED at the next step, in the dark too; the session's end restores the power. */
  signal: AbortSignal;
}

/** Rails of which no area depends alone can't be measured and are left out. @throws CampaignError HARDWARE_FAILED, typed errors of power and engine */
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

/** A sample in which the bench stood still is of the bench, not of the rail: taken again. */
async function withoutPauses<T>(session: Session, rail: string, take: () => Promise<T>): Promise<T> {
  for (let left = TRIES; left > 0; left--) {
    let stood = false;
    const deaf = session.clock.onPause(() => (stood = true));
    const sample = await take().finally(deaf);
    if (!stood) return sample;
  }
  throw new CampaignError(
    'HARDWARE_FAILED',
    `rail ${rail}: the bench stood still in each of ${TRIES} measurements; calibrate on a host that is less busy`,
    { rail },
  );
}

/** One cut of one rail and its return. The engine is open before and after. */
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
    const { cutMs, silent } = await this.cut();
    await this.wait(this.rig.campaign.darkMs);
    await engine.stop();
    // An engine without its devices may end as it likes; power must not return before it has.
    await load;
    // From a silent device the engine gets its I/O back only with the power.
    const lettingGo = engine.abandon();
    if (!silent) await lettingGo;
    const returnMs = await this.restore();
    await this.inTime('return', 'the engine letting go of the devices', lettingGo);
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

  private async cut(): Promise<{ cutMs: number; silent: boolean }> {
    const { session } = this;
    const signs: DeviceSign[] = [];
    let told = (): void => undefined;
    const seen = new Promise<void>((resolve) => (told = resolve));
    const note = (sign: DeviceSign): void => {
      signs.push(sign);
      if (this.areas.every((area) => signs.some((s) => s.area === area))) told();
    };
    const watch = new AreaWatch(session, note);
    const unsubscribe = session.onFailure((failure) => {
      if (failure.timedOut !== true) note({ ...failure, source: 'engine' });
    });
    try {
      watch.begin(this.areas, this.rig.campaign.silenceMs);
      const [command] = await session.power.switchAndRecord([this.rail], 'off');
      await this.inTime('cut', `seeing rail ${this.rail} go down (welded, miswired, or fed twice?)`, seen);
      await session.engine.powerLost([...this.areas]);
      return { cutMs: this.firstAfter(command, signs), silent: signs.some((sign) => sign.source === 'silent') };
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
        `${early.area} failed an I/O before its rail was cut; mend that first`,
        { area: early.area },
      );
    }
    // A virtual contact without delay opens before the tty has told us that the last byte is gone.
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
      await this.inTime('return', `the return of rail ${this.rail}`, looking);
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

// MERGED A calibration as `calibration.json` in the run directory of `relay calibrate`.
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

/** From a run directory or the file itself. @throws CampaignError CALIBRATION_INVALID; also when it is another rig's */
export function loadCalibration(path: string, rig: string): Calibration {
  const refuse = (why: string): CampaignError =>
    new CampaignError('CALIBRATION_INVALID', `${path}: ${why}; make one with: plugpull relay calibrate`, { path });
  let value: unknown;
  try {
    const file = statSync(path).isDirectory() ? join(path, CALIBRATION_FILE) : path;
    if (statSync(file).size > CALIBRATION_BYTES_MAX) throw refuse('larger than any calibration');
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof CampaignError ? error : refuse(textOf(error));
  }
  const parsed = calibrationSchema.safeParse(value);
  if (!parsed.success) throw refuse(`no calibration: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  if (parsed.data.rig !== rig) throw refuse(`is of rig "${parsed.data.rig}", not of "${rig}"`);
  return parsed.data;
}
