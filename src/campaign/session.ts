/**
 * A rig in our hands: locked, its lab running, its rails on, its devices past the safety gate, an engine in its
 * thread. Every command that touches hardware works through one session.
 *
 * Promises: whatever fails while it is opened is undone; `end` restores power on every rail, even when the engine does
 * not answer, and is safe to call twice and in any state. Not promised: that a kernel lets go of a dead disk in time; until
 * it does, the rig stays locked, also beyond this process, and that is said.
 */
import type { DeviceIdentity } from '../device/port.js';
import type { AreaFailure, EnginePort, EngineSnapshot, EngineSpec, OpenReport, PointEvent } from '../engine/port.js';
import { rigUuid } from '../rig/uuid.js';
import type { AreaName, ResolvedRig } from '../rig/resolved.js';
import { createAreaProbe, type AreaProbe } from './areaProbe.js';
import type { Bench } from './bench.js';
import { AreaWatch } from './areaWatch.js';
import { delay, type Clock } from './clock.js';
import { counterChanges, type AreaCounters, type CounterChange } from './counterChanges.js';
import type { CycleProblem, DeviceSign, SwitchRecord } from './cycleTypes.js';
import { CampaignError } from './errors.js';
import type { Host, LabView, PowerPort } from './host.js';
import { AREA_NAMES, devicePath, gateQuestions, placedBoards, placedDevice, usesLab } from './places.js';
import { railCuts } from './rounds.js';
import { describeRemains, describeUnanswered, type RigLock } from './rigLock.js';
import { ended, within } from './within.js';

export interface SessionOptions {
  rig: ResolvedRig;
  ffi: 'koffi' | 'ffi-napi';
  /** `start`: the lab is started when it is not running; `require`: it must be. */
  lab: 'start' | 'require';
  keepLab: boolean;
  /** Held for the session, released with it. */
  lock: RigLock;
  runId: number;
  historyDir: string | null;
  onSnapshot?: (snapshot: EngineSnapshot) => void;
  /** Told at every switch of a rail. */
  onRail?: (rail: string, state: 'on' | 'off' | 'unknown') => void;
}

/** An engine that does not stop in this time is given up: its thread is ended, and power restored all the same. */
const ENGINE_END_MS = 10_000;

/** What an engine needs to let go of devices that answer, if only with errors. */
const LET_GO_MS = 2_000;

/** How often it is asked whether the kernel has let go of what a former command left. */
const REMAINS_EVERY_MS = 100;

/** The longest a board may take to switch all its rails on, retries included. */
const POWER_ON_MS = 30_000;

export class Session implements Bench {
  readonly clock: Clock;
  readonly labStarted: boolean;
  private readonly options: SessionOptions;
  private readonly host: Host;
  private readonly darkRails = new Set<string>();
  private readonly listeners = new Set<(failure: AreaFailure) => void>();
  private readonly loadListeners = new Set<() => void>();
  private readonly pointListeners = new Set<(event: PointEvent) => void>();
  private lab: LabView | null = null;
  private powerPort: PowerPort | null = null;
  private prober: AreaProbe | null = null;
  private enginePort: EnginePort | null = null;
  private known: Record<AreaName, DeviceIdentity> | null = null;
  private counters: AreaCounters | null = null;
  private changes: readonly CounterChange[] = [];
  private ending: Promise<string[]> | null = null;

  private constructor(options: SessionOptions, host: Host, clock: Clock, labStarted: boolean) {
    this.options = options;
    this.host = host;
    this.clock = clock;
    this.labStarted = labStarted;
  }

  /** @throws the typed errors of lab, power, gate and engine; everything opened before is released. */
  static async open(options: SessionOptions, host: Host, clock: Clock): Promise<Session> {
    const { rig } = options;
    let labStarted = false;
    try {
      if (rig.lab !== null && options.lab === 'start') labStarted = (await host.labUp(rig.name, rig.lab)).started;
    } catch (error) {
      options.lock.release();
      throw error;
    }
    const session = new Session(options, host, clock, labStarted);
    try {
      await session.begin();
      return session;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  get engine(): EnginePort {
    if (this.enginePort === null) throw new CampaignError('INTERNAL', 'the session has no engine (not begun, or ended)');
    return this.enginePort;
  }

  /** As found at the gate, before anything was cut. */
  get identities(): Record<AreaName, DeviceIdentity> {
    if (this.known === null) throw new CampaignError('INTERNAL', 'the session has not met its devices yet');
    return this.known;
  }

  readonly power = {
    switchRails: async (rails: readonly string[], state: 'on' | 'off'): Promise<SwitchRecord[]> => {
      // Counted as dark before the command: should it fail half way, some may be off.
      if (state === 'off') for (const rail of rails) this.darkRails.add(rail);
      const askedNs = this.clock.nowNs();
      try {
        const done = await this.needPower().switchRails(rails, state);
        const records = done.map((one) => ({ ...one, askedNs }));
        if (state === 'on') for (const rail of rails) this.darkRails.delete(rail);
        this.tellRails(rails, state);
        return records;
      } catch (error) {
        this.tellRails(rails, 'unknown');
        throw error;
      }
    },
    allOn: async (): Promise<void> => {
      await this.needPower().allOn();
      this.darkRails.clear();
      this.tellRails(this.options.rig.rails.map((r) => r.name), 'on');
    },
  };

  probe(area: AreaName, silentAfterMs?: number): Promise<DeviceSign | null> {
    if (this.prober === null) throw new CampaignError('INTERNAL', 'the session has not begun');
    return this.prober.probe(area, silentAfterMs);
  }

  async identify(): Promise<CycleProblem | null> {
    const now = await this.identifyAll();
    for (const area of AREA_NAMES) {
      const change = await this.host.identityChange(this.identities[area], now[area]);
      if (change !== null) {
        return { kind: 'hardware', code: 'IDENTITY_CHANGED', text: `${area} is another device after the cut: ${change}` };
      }
    }
    const counters = await this.readCounters(now);
    this.changes = counterChanges(this.counters ?? counters, counters);
    this.counters = counters;
    const { rig } = this.options;
    const gate = await this.host.checkGate(gateQuestions(rig, this.lab), rig.file);
    return gate.passed ? null : { kind: 'hardware', code: 'GATE_REFUSED', text: gate.text };
  }

  counterChanges(): readonly CounterChange[] {
    return this.changes;
  }

  async engineSpec(): Promise<EngineSpec> {
    const { rig, ffi, runId, historyDir } = this.options;
    return {
      rigUuid: rigUuid(rig),
      primary: placedDevice(rig.primary, rig, this.lab),
      secondary: placedDevice(rig.secondary, rig, this.lab),
      journal: placedDevice(rig.journal, rig, this.lab),
      tracking: rig.tracking,
      ffi,
      runId,
      historyDir,
      keepHistory: rig.campaign.keepHistory,
      lockFd: this.options.lock.fd,
    };
  }

  /**
   * The devices, claimed by the engine, and nothing written yet. The gate is asked once more, now that nobody can mount,
   * format or swap on what it sees. @throws CampaignError GATE_REFUSED, DeviceError, EngineError
   */
  async claim(): Promise<OpenReport> {
    const { rig } = this.options;
    const opened = await this.engine.open(await this.engineSpec());
    const gate = await this.host.checkGate(gateQuestions(rig, this.lab), rig.file, true);
    if (gate.passed) return opened;
    await this.engine.close();
    throw new CampaignError('GATE_REFUSED', gate.text);
  }

  onFailure(listener: (failure: AreaFailure) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onLoadBegan(listener: () => void): () => void {
    this.loadListeners.add(listener);
    return () => this.loadListeners.delete(listener);
  }

  onPoint(listener: (event: PointEvent) => void): () => void {
    this.pointListeners.add(listener);
    return () => this.pointListeners.delete(listener);
  }

  /** Restores power and releases everything. Returns what could not be done, for the record; never rejects. */
  end(): Promise<string[]> {
    this.ending ??= this.release();
    return this.ending;
  }

  /** Restores power and ends a lab of its own, whatever else hangs: for the impatient second interrupt. */
  async leave(): Promise<void> {
    await within(this.clock, POWER_ON_MS, 'switching all rails on', this.powerPort?.allOn() ?? Promise.resolve());
    await this.endOwnLab();
  }

  private async begin(): Promise<void> {
    const { rig, ffi } = this.options;
    if (usesLab(rig)) this.lab = await this.host.labView(rig.name);
    this.powerPort = await this.host.openPower({ name: rig.name, boards: placedBoards(rig, this.lab), boardTypes: rig.boardTypes, rails: rig.rails });
    await within(this.clock, POWER_ON_MS, 'switching all rails on', this.power.allOn());
    this.prober = createAreaProbe((area) => this.pathOf(area), this.clock);
    // First: a read of ours on a device that the kernel waits for would keep this process as well.
    await this.awaitRemains();
    await this.awaitDevices();
    const gate = await this.host.checkGate(gateQuestions(rig, this.lab), rig.file);
    if (!gate.passed) throw new CampaignError(gate.busy ? 'DEVICE_BUSY' : 'GATE_REFUSED', gate.text);
    this.known = await this.identifyAll();
    this.counters = await this.readCounters(this.known);
    this.enginePort = await this.host.createEngine(
      {
        onFailure: (failure) => {
          for (const listener of this.listeners) listener(failure);
        },
        onSnapshot: (snapshot) => this.options.onSnapshot?.(snapshot),
        onLoadBegan: () => {
          for (const listener of this.loadListeners) listener();
        },
        onPoint: (event) => {
          for (const listener of this.pointListeners) listener(event);
        },
      },
      { ffi },
    );
  }

  /** A rail that was off until now has devices that are still starting. The gate says what is wrong with the others. */
  private async awaitDevices(): Promise<void> {
    const watch = new AreaWatch(this, () => undefined);
    const limitMs = this.options.rig.campaign.deadlinesMs.return;
    try {
      await within(this.clock, limitMs, 'waiting for the devices', watch.untilReadable(AREA_NAMES));
    } catch {
      return;
    } finally {
      watch.end();
    }
  }

  /** What a command that has ended left unanswered may be answered now that the power is on. @throws CampaignError DEVICE_BUSY */
  private async awaitRemains(): Promise<void> {
    const { rig, lock } = this.options;
    const untilMs = this.clock.nowMs() + rig.campaign.deadlinesMs.return;
    for (let remains = lock.remains(); remains.length > 0; remains = lock.remains()) {
      if (this.clock.nowMs() >= untilMs) throw new CampaignError('DEVICE_BUSY', describeRemains(rig.name, remains), { remains });
      await delay(this.clock, REMAINS_EVERY_MS);
    }
  }

  private async identifyAll(): Promise<Record<AreaName, DeviceIdentity>> {
    const [primary, secondary, journal] = await Promise.all(AREA_NAMES.map((area) => this.host.identify(this.pathOf(area))));
    return { primary, secondary, journal };
  }

  private async readCounters(of: Record<AreaName, DeviceIdentity>): Promise<AreaCounters> {
    const [primary, secondary, journal] = await Promise.all(AREA_NAMES.map((area) => this.host.powerCounters(of[area])));
    return { primary, secondary, journal };
  }

  private pathOf(area: AreaName): string {
    return devicePath(this.options.rig[area], this.options.rig, this.lab);
  }

  private async release(): Promise<string[]> {
    const troubles: string[] = [];
    const attempt = async (what: string, ms: number, action: () => Promise<unknown> | undefined): Promise<void> => {
      try {
        await within(this.clock, ms, what, Promise.resolve(action()));
      } catch (error) {
        troubles.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    // The engine lets go before power returns (R4): it must not take a revived device for the one it knew.
    // From a silent one it gets its I/O back only with the power.
    const lost = this.darkAreas();
    const lettingGo = this.letGo(lost);
    await ended(this.clock, lost.length > 0 ? LET_GO_MS : ENGINE_END_MS, lettingGo);
    await attempt('switching all rails on', POWER_ON_MS, () => (this.powerPort === null ? undefined : this.power.allOn()));
    await attempt('closing the devices', ENGINE_END_MS, () => lettingGo);
    const held = describeUnanswered(this.options.rig.name, this.enginePort?.unanswered?.() ?? {});
    if (held !== null) troubles.push(held);
    const probed = this.prober?.unanswered() ?? [];
    if (probed.length > 0) troubles.push(`${probed.join(', ')} left a read unanswered: process ${process.pid} can not end before that is answered, and keeps rig "${this.options.rig.name}" locked`);
    await attempt('ending the engine', ENGINE_END_MS, () => this.enginePort?.terminate());
    await attempt('closing the boards', POWER_ON_MS, () => this.powerPort?.close());
    await attempt('closing the probe', ENGINE_END_MS, async () => this.prober?.close());
    await attempt('lab down', POWER_ON_MS, () => this.endOwnLab());
    this.options.lock.release();
    return troubles;
  }

  private async endOwnLab(): Promise<void> {
    if (this.labStarted && !this.options.keepLab) await this.host.labDown(this.options.rig.name);
  }

  private async letGo(lost: AreaName[]): Promise<void> {
    const engine = this.enginePort;
    if (engine === null) return;
    if (lost.length > 0) await engine.powerLost(lost);
    await engine.stop();
    await (lost.length > 0 ? engine.abandon() : engine.close());
  }

  private darkAreas(): AreaName[] {
    return railCuts([...this.darkRails], this.options.rig.rails).flatMap((r) => [...r.areas]);
  }

  private tellRails(rails: readonly string[], state: 'on' | 'off' | 'unknown'): void {
    for (const rail of rails) this.options.onRail?.(rail, state);
  }

  private needPower(): PowerPort {
    if (this.powerPort === null) throw new CampaignError('INTERNAL', 'the session has no boards (not begun, or ended)');
    return this.powerPort;
  }
}
