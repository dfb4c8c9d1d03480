/**
 * A bench without hardware. It throws at every call that would do harm on a real bench: engine calls that overlap, an
 * `open` of a device without power, and power that returns while the engine still holds its devices.
 */
import type { TestBench } from '../../src/campaign/cycle/testBench.js';
import type { CycleProblem, DeviceSign, SwitchRecord } from '../../src/campaign/cycle/cycleTypes.js';
import type {
  AreaFailure,
  ReplicationEngine,
  ReplicationSpec,
  LoadReport,
  PointEvent,
} from '../../src/replication/replicationEngine.js';
import type { AreaName } from '../../src/base/areas.js';
import type { RailSpec } from '../../src/power/spec.js';
import type { WorkloadSpec } from '../../src/workload/workload.js';
import { delay } from '../../src/base/clock.js';
import { FakeClock } from './fakeClock.js';
import * as reports from './reports.js';

const EIO = 5;
const ETIMEDOUT = 110;

export const RAILS: RailSpec[] = [rail('P', ['primary'], 1), rail('S', ['secondary'], 2), rail('J', ['journal'], 3)];

export interface FakeOptions {
  /** Areas whose contact is welded: the board reports success, and the area keeps its power. */
  welded?: AreaName[];
  /** Each area keeps answering for so long after its contact has opened. */
  holdUpMs?: number;
  /** Areas that neither answer nor fail without power. The engine's I/O on them ends when power returns. */
  silent?: AreaName[];
  /** The I/O of the engine never ends. */
  keepsIo?: boolean;
  /** The secondary's first answer after a command takes so long. */
  slowAnswerMs?: number;
  /** Time from the call of `load` to its first update. */
  loadBeginsMs?: number;
  /** A load has no updates. */
  idle?: boolean;
  /** Areas that do not answer again after power returns. */
  dead?: AreaName[];
  mismatch?: CycleProblem | null;
  recoverMs?: number;
  resyncMs?: number;
  boardFails?: 'on' | 'off';
  rejectIn?: { call: string; error: Error };
}

export class FakeBench implements TestBench {
  readonly clock = new FakeClock();
  readonly calls: string[] = [];
  readonly engine: ReplicationEngine;
  private readonly options: FakeOptions;
  /** Areas whose contact has opened and whose hold-up is over. A dead area stays here when its contact closes. */
  private readonly unpowered = new Set<AreaName>();
  /** Areas whose contact is open. */
  private readonly contactOpen = new Set<AreaName>();
  private listeners: ((f: AreaFailure) => void)[] = [];
  private loadBegan = (): void => undefined;
  private pointListeners: ((e: PointEvent) => void)[] = [];
  private open = true;
  private running: string | null = null;
  private slowAnswerMs: number;
  private endRunning: (() => void) | null = null;

  constructor(options: FakeOptions = {}) {
    this.options = options;
    this.slowAnswerMs = options.slowAnswerMs ?? 0;
    this.engine = this.makeEngine();
  }

  readonly power = {
    switchAndRecord: async (rails: readonly string[], state: 'on' | 'off'): Promise<SwitchRecord[]> => {
      this.calls.push(`${state} ${rails.join('+')}`);
      if (this.options.boardFails === state)
        throw Object.assign(new Error('the board is mute'), { name: 'PowerError', code: 'BOARD_MUTE' });
      if (state === 'on' && this.open) throw new Error('power came back while the engine held its devices');
      const commandNs = this.clock.nowNs();
      for (const name of rails) for (const area of railOf(name).powers) this.switchArea(area, state);
      return rails.map((name) => ({
        rail: name,
        askedNs: commandNs,
        commandNs,
        doneNs: commandNs + 1e6,
        evidence: 'echo' as const,
      }));
    },
    allOn: async (): Promise<void> => {
      this.calls.push('allOn');
      this.contactOpen.clear();
      this.unpowered.clear();
    },
  };

  async probe(area: AreaName, unresponsiveAfterMs?: number): Promise<DeviceSign | null> {
    const askedNs = this.clock.nowNs();
    if (this.options.silent?.includes(area) && this.unpowered.has(area)) {
      await (unresponsiveAfterMs === undefined ? this.untilPowered(area) : delay(this.clock, unresponsiveAfterMs));
      return this.unpowered.has(area) ? this.unresponsiveSign(area, askedNs) : null;
    }
    if (area === 'secondary' && this.slowAnswerMs > (unresponsiveAfterMs ?? Infinity)) {
      await delay(this.clock, unresponsiveAfterMs!);
      this.slowAnswerMs = 0;
      return this.unresponsiveSign(area, askedNs);
    }
    return this.unpowered.has(area) ? { area, errno: EIO, atNs: this.clock.nowNs(), source: 'probe' } : null;
  }

  private unresponsiveSign(area: AreaName, sinceNs: number): DeviceSign {
    return { area, errno: ETIMEDOUT, atNs: this.clock.nowNs(), sinceNs, source: 'silent' };
  }

  private async untilPowered(area: AreaName): Promise<void> {
    while (this.unpowered.has(area)) await delay(this.clock, 1);
  }

  async identify(): Promise<CycleProblem | null> {
    this.calls.push('identify');
    return this.options.mismatch ?? null;
  }

  async engineSpec(): Promise<ReplicationSpec> {
    return {} as ReplicationSpec;
  }

  onFailure(listener: (f: AreaFailure) => void): () => void {
    this.listeners.push(listener);
    return () => {
      this.listeners = this.listeners.filter((l) => l !== listener);
    };
  }

  onLoadBegan(listener: () => void): () => void {
    this.loadBegan = listener;
    return () => (this.loadBegan = () => undefined);
  }

  onPoint(listener: (e: PointEvent) => void): () => void {
    this.pointListeners.push(listener);
    return () => {
      this.pointListeners = this.pointListeners.filter((l) => l !== listener);
    };
  }

  /** Reports that the engine has come to its cut point, or that it leaves it. */
  point(event: PointEvent): void {
    for (const listener of this.pointListeners) listener(event);
  }

  /** Reports a failed I/O of the engine. */
  fail(area: AreaName, more: Partial<AreaFailure> = {}): void {
    for (const listener of this.listeners) listener({ area, errno: EIO, atNs: this.clock.nowNs(), ...more });
  }

  private switchArea(area: AreaName, state: 'on' | 'off'): void {
    if (this.options.welded?.includes(area)) return;
    if (state === 'on') {
      this.contactOpen.delete(area);
      if (!this.options.dead?.includes(area)) this.unpowered.delete(area);
      return;
    }
    this.contactOpen.add(area);
    this.clock.after(this.options.holdUpMs ?? 0, () => this.losePower(area));
  }

  private losePower(area: AreaName): void {
    if (!this.contactOpen.has(area)) return;
    this.unpowered.add(area);
    if (this.running === 'load' && !this.options.silent?.includes(area)) this.fail(area);
    if (area !== 'secondary' || this.running === 'resync') this.endRunning?.();
  }

  private async exclusive<T>(call: string, afterMs: number | null, value: T): Promise<T> {
    this.calls.push(call);
    if (this.running !== null) throw new Error(`${call} was called while ${this.running} runs`);
    if (!this.open && call !== 'open') throw new Error(`${call} was called on a closed engine`);
    if (this.options.rejectIn?.call === call) throw this.options.rejectIn.error;
    this.running = call;
    await new Promise<void>((resolve) => {
      this.endRunning = resolve;
      if (afterMs !== null) this.clock.after(afterMs, resolve);
    });
    this.running = null;
    return value;
  }

  private makeEngine(): ReplicationEngine {
    const unpowered = this.unpowered;
    return {
      open: async () => {
        if (unpowered.size > 0) throw new Error('open was called while a device has no power');
        if (this.open) throw new Error('open was called on an open engine');
        await this.exclusive('open', 0, null);
        this.open = true;
        return reports.opened();
      },
      format: () => this.exclusive('format', 0, undefined),
      prepare: () => this.exclusive('prepare', 10, { bytes: 1, durationMs: 10 }),
      prepareWorkingSet: () => this.exclusive('prepare', 10, { bytes: 1, durationMs: 10 }),
      recover: () => this.exclusive('recover', this.options.recoverMs ?? 5, reports.recovery()),
      load: (_w: WorkloadSpec, seed: number): Promise<LoadReport> => {
        if (!this.options.idle) this.clock.after(this.options.loadBeginsMs ?? 0, () => this.loadBegan());
        return this.exclusive(`load`, null, reports.load(seed));
      },
      resync: () => this.exclusive('resync', this.options.resyncMs ?? 50, reports.resync()),
      judge: () => this.exclusive('judge', 20, reports.judge()),
      verify: () => this.exclusive('verify', 20, reports.verify()),
      repair: () => this.exclusive('repair', 20, reports.resync()),
      stop: async () => {
        this.calls.push('stop');
        this.endRunning?.();
      },
      sendPoint: async (ns) => {
        this.calls.push(`sendPoint ${ns / 1e6}`);
      },
      disarmPoint: async () => {
        this.calls.push('disarmPoint');
      },
      powerLost: async (areas) => {
        this.calls.push(`powerLost ${areas.join('+')}`);
      },
      abandon: async () => {
        this.calls.push('abandon');
        if (this.running !== null) throw new Error(`abandon was called while ${this.running} runs`);
        this.open = false;
        for (const area of this.options.silent ?? []) await this.untilPowered(area);
        if (this.options.keepsIo) await new Promise(() => undefined);
        if (this.options.silent !== undefined) this.calls.push('abandoned');
      },
      close: async () => {
        this.calls.push('close');
        this.open = false;
      },
      terminate: async () => {
        this.calls.push('terminate');
        this.open = false;
      },
    };
  }
}

function rail(name: string, powers: AreaName[], channel: number): RailSpec {
  return { name, board: 'relay0', channels: [channel], powers, contact: 'NO', invert: false, settleMs: 0 };
}

function railOf(name: string): RailSpec {
  return RAILS.find((r) => r.name === name)!;
}
