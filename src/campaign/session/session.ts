/**
 * A session on a rig: locked, its lab running, its rails on, its devices past the safety gate, an engine in its thread.
 *
 * Promises: whatever fails at the start is undone; `end` restores power on every rail, even when the engine does not
 * answer, and may be called twice and in any state. Not promised: that the kernel closes a dead disk in time. Until
 * then the rig stays locked, also after the end of this process, and `end` reports that.
 */
import { usesLab } from '../../rig/schema/words.js';
import type { AreaName } from '../../base/areas.js';
import type { DeviceIdentity } from '../../blockdev/blockDevice.js';
import type {
  AreaFailure,
  ReplicationEngine,
  ReplicationSpec,
  OpenReport,
  PointEvent,
} from '../../replication/replicationEngine.js';
import { createAreaProbe, type AreaProbe, areasNotAnswering } from './deviceReads.js';
import { untilReadable } from '../areaWatch.js';
import type { TestBench } from '../cycle/testBench.js';
import { bringUp, putBackWhatWasLost, type BringUp } from './bringUp.js';
import type { Clock } from '../../base/clock.js';
import { EngineThread } from './engineThread.js';
import type { CounterChange, CycleProblem, DeviceSign } from '../cycle/cycleTypes.js';
import { CampaignError } from '../errors.js';
import { ReplicationListeners } from './replicationListeners.js';
import type { Host, LabView } from './host.js';
import { KnownDevices } from './knownDevices.js';
import { devicePath, gateQuestions, placedBoards } from './places.js';
import { awaitRemains, describeUnanswered } from './rigLock.js';
import { engineSpecOf, type SessionOptions } from './sessionOptions.js';
import { POWER_ON_MS, SessionRails } from './sessionRails.js';
import { ended, within } from '../within.js';

/**
 * An engine that does not stop in this time is given up: its thread is ended, and the power is restored all the same.
 */
const ENGINE_END_MS = 10_000;

/** Time in which an engine closes devices that answer, if only with errors. */
const LET_GO_MS = 2_000;

/** Bounds a hang only: each suspect rail is tried once (see bringUp.ts). */
const LOST_MS = 300_000;

export class Session implements TestBench {
  readonly clock: Clock;
  private readonly options: SessionOptions;
  private readonly host: Host;
  private readonly listeners = new ReplicationListeners();
  private readonly devices: KnownDevices;
  private lab: LabView | null = null;
  private prober: AreaProbe | null = null;
  private readonly thread: EngineThread;
  private broughtUp: BringUp | null = null;
  private answeredAtStart: AreaName[] = [];
  private unansweredAtEnd: AreaName[] = [];
  private labStarted = false;
  private ending: Promise<string[]> | null = null;

  private constructor(options: SessionOptions, host: Host, clock: Clock) {
    this.options = options;
    this.host = host;
    this.clock = clock;
    this.devices = new KnownDevices(host, (area) => this.pathOf(area));
    this.power = new SessionRails(options.rig.rails, clock, (rail, state) => this.options.onRail?.(rail, state));
    const events = this.listeners.events({
      onSnapshot: (snapshot) => options.onSnapshot?.(snapshot),
      onPause: (pause) => options.onPause?.(pause),
    });
    this.thread = new EngineThread(host, events, options.ffi);
  }

  /** @throws the typed errors of lab, power, gate and engine; everything opened before is released. */
  static async open(options: SessionOptions, host: Host, clock: Clock): Promise<Session> {
    const session = new Session(options, host, clock);
    try {
      await session.startLab();
      await session.begin();
      return session;
    } catch (error) {
      for (const trouble of await session.end()) options.onNote?.(trouble);
      throw error;
    }
  }

  get engine(): ReplicationEngine {
    if (this.thread.engine === null)
      throw new CampaignError('INTERNAL', 'the session has no engine (not begun, or ended)');
    return this.thread.engine;
  }

  get identities(): Record<AreaName, DeviceIdentity> {
    return this.devices.identities;
  }

  readonly power: SessionRails;

  probe(area: AreaName, unresponsiveAfterMs?: number): Promise<DeviceSign | null> {
    if (this.prober === null) throw new CampaignError('INTERNAL', 'the session has not begun');
    return this.prober.probe(area, unresponsiveAfterMs);
  }

  async identify(): Promise<CycleProblem | null> {
    const difference = await this.devices.difference();
    if (difference !== null) return difference;
    const { rig } = this.options;
    const gate = await this.host.checkGate(gateQuestions(rig, this.lab), rig.file, {
      consequence: 'nothing is written from here on',
    });
    return gate.passed ? null : { kind: 'hardware', code: 'GATE_REFUSED', text: gate.text };
  }

  counterChanges(): readonly CounterChange[] {
    return this.devices.counterChanges;
  }

  async engineSpec(): Promise<ReplicationSpec> {
    return engineSpecOf(this.options, this.lab);
  }

  /**
   * The engine opens the devices exclusively; nothing is written yet. The gate checks once more, now that no other
   * process can mount, format or swap on them. @throws CampaignError GATE_REFUSED, DeviceError, ReplicationError
   */
  async openDevices(): Promise<OpenReport> {
    const { rig } = this.options;
    const opened = await this.engine.open(await this.engineSpec());
    const gate = await this.host.checkGate(gateQuestions(rig, this.lab), rig.file, { openedHere: true });
    if (gate.passed) {
      this.power.begin();
      return opened;
    }
    await this.engine.close();
    throw new CampaignError('GATE_REFUSED', gate.text);
  }

  /**
   * After a cycle that ended early: powers every rail, waits for the same devices, opens a fresh engine on them.
   * @throws when a step misses its deadline in the profile
   */
  async startOver(): Promise<void> {
    const { return: back } = this.options.rig.campaign.deadlinesMs;
    const lost = this.power.unpoweredAreas();
    const released = this.releaseDevices(lost, true);
    await ended(this.clock, lost.length > 0 ? LET_GO_MS : ENGINE_END_MS, released);
    await within(this.clock, this.power.restoreMs, 'switching all rails on', this.power.allOn());
    await within(this.clock, back, 'closing the devices', released);
    await untilReadable(this, back);
    const mismatch = await within(this.clock, back, 'identifying the devices', this.identify());
    if (mismatch !== null) throw new CampaignError('HARDWARE_FAILED', mismatch.text);
    await within(
      this.clock,
      back,
      'opening the devices',
      this.engineSpec().then((spec) => this.engine.open(spec)),
    );
  }

  onFailure(listener: (failure: AreaFailure) => void): () => void {
    return this.listeners.onFailure(listener);
  }

  onLoadBegan(listener: () => void): () => void {
    return this.listeners.onLoadBegan(listener);
  }

  onPoint(listener: (event: PointEvent) => void): () => void {
    return this.listeners.onPoint(listener);
  }

  /** Restores power and releases everything. Returns the steps that failed, for the record; never rejects. */
  end(): Promise<string[]> {
    this.ending ??= this.release();
    return this.ending;
  }

  /**
   * For the second interrupt: restores power and ends the session's own lab, whatever else hangs. Returns the rail
   * states.
   */
  async leave(): Promise<string> {
    try {
      await within(this.clock, this.power.restoreMs, 'putting the rails back', this.power.restore());
    } finally {
      await this.endOwnLab();
    }
    return this.power.restoredWords;
  }

  /** For people, after the end of the session: the state of the power, besides the troubles that `end` returned. */
  get powerAtEnd(): string {
    if (this.unansweredAtEnd.length > 0)
      return `rails switched on, ${this.unansweredAtEnd.join(', ')} not answering yet`;
    return this.power.hasBegun ? 'power on' : 'rails as found';
  }

  private async begin(): Promise<void> {
    const { rig } = this.options;
    if (usesLab(rig)) this.lab = await this.host.labView(rig.name);
    this.prober = createAreaProbe((area) => this.pathOf(area), this.clock);
    await awaitRemains(rig, this.options.lock, this.clock, async () => {
      await this.openBoards();
      await within(this.clock, this.power.restoreMs, 'switching all rails on', this.power.allOn());
    });
    this.broughtUp = {
      rails: rig.rails,
      bench: this,
      found: this.power.found,
      unresponsiveAfterMs: rig.campaign.silenceMs,
      returnMs: rig.campaign.deadlinesMs.return,
      openBoards: () => this.openBoards(),
      readRails: () => this.power.readRails(),
      askGate: (circumstances) => this.host.checkGate(gateQuestions(rig, this.lab), rig.file, circumstances),
      inTime: (what, switching) => within(this.clock, this.power.restoreMs, what, switching),
      note: (text) => this.options.onNote?.(text),
      stopped: () => this.options.stopped?.() === true,
    };
    this.answeredAtStart = await bringUp(this.broughtUp);
    await this.devices.identifyFirst();
    await this.thread.ready();
  }

  private async startLab(): Promise<void> {
    const { rig, lab } = this.options;
    if (rig.lab === null || lab !== 'start') return;
    this.labStarted = (await this.host.labUp(rig.name, rig.lab)).started;
  }

  private async openBoards(): Promise<void> {
    if (this.power.isOpen) return;
    const { rig } = this.options;
    this.power.opened(
      await this.host.openPower({
        name: rig.name,
        boards: placedBoards(rig, this.lab),
        boardTypes: rig.boardTypes,
        rails: rig.rails,
      }),
    );
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
    // R4: the engine closes the devices before power returns, or it would take a revived device for the one it knew.
    // An unresponsive device completes the engine's I/O only with its power back.
    const lost = this.power.unpoweredAreas();
    const released = this.releaseDevices(lost);
    await ended(this.clock, lost.length > 0 ? LET_GO_MS : ENGINE_END_MS, released);
    const what = this.power.hasBegun ? 'switching all rails on' : 'putting rails back as they were found';
    await attempt(what, this.power.restoreMs, () => this.power.restore());
    await attempt('closing the devices', ENGINE_END_MS, () => released);
    const held = describeUnanswered(this.options.rig.name, this.thread.engine?.unanswered?.() ?? {});
    if (held !== null) troubles.push(held);
    const probed = this.prober?.unanswered() ?? [];
    if (probed.length > 0)
      troubles.push(
        `${probed.join(', ')} left a read unanswered: process ${process.pid} can't end before the device answers, and keeps rig "${this.options.rig.name}" locked until then`,
      );
    await attempt('ending the engine', ENGINE_END_MS, () => this.thread.end());
    const gone = (await this.notAnswering()).filter((area) => this.answeredAtStart.includes(area));
    if (gone.length > 0 && !this.power.hasCut)
      await attempt('devices lost their power', LOST_MS, () => putBackWhatWasLost(this.broughtUp!, gone));
    if (this.power.hasBegun) this.unansweredAtEnd = await this.notAnswering();
    await attempt('closing the boards', this.power.restoreMs, () => this.power.close());
    await attempt('closing the probe', ENGINE_END_MS, async () => this.prober?.close());
    await attempt('lab down', POWER_ON_MS, () => this.endOwnLab());
    this.options.lock.release();
    return troubles;
  }

  private notAnswering(): Promise<AreaName[]> {
    return areasNotAnswering(this.options.rig.rails, this.prober, this.clock);
  }

  private async endOwnLab(): Promise<void> {
    if (this.labStarted && !this.options.keepLab) await this.host.labDown(this.options.rig.name);
  }

  /** `asDead`: the engine writes nothing more, also to devices with power. */
  private async releaseDevices(lost: AreaName[], asDead = lost.length > 0): Promise<void> {
    const engine = this.thread.engine;
    if (engine === null) return;
    if (lost.length > 0) await engine.powerLost(lost);
    await engine.stop();
    await (asDead ? engine.abandon() : engine.close());
  }
}
