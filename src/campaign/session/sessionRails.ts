/**
 * The rails of a session: which may be off, which were switched, and how each was found. At the end they are restored:
 * to on once the devices were opened, to the found state before that.
 */
import type { AreaName } from '../../base/areas.js';
import type { RailSpec } from '../../power/spec.js';
import type { TestBenchPower } from '../cycle/testBench.js';
import type { Clock } from '../../base/clock.js';
import type { SwitchRecord } from '../cycle/cycleTypes.js';
import { CampaignError } from '../errors.js';
import type { RigPower, RailFound } from './host.js';
import { railCuts } from '../cycle/cycleSettings.js';

/** The longest that a board with frames may take to switch all its rails on, retries included. */
export const POWER_ON_MS = 30_000;

export class SessionRails implements TestBenchPower {
  /** Read before the first switch; missing or `unknown`: it could not be read. */
  readonly found = new Map<string, RailFound>();
  private readonly rails: readonly RailSpec[];
  private readonly clock: Clock;
  private readonly onRail: (rail: string, state: 'on' | 'off' | 'unknown') => void;
  private readonly off = new Set<string>();
  private readonly touched = new Set<string>();
  private power: RigPower | null = null;
  private started = false;
  private cut = false;
  private closed = false;
  /** Why the last `restore` failed. */
  private notRestored: Error | null = null;

  constructor(
    rails: readonly RailSpec[],
    clock: Clock,
    onRail: (rail: string, state: 'on' | 'off' | 'unknown') => void,
  ) {
    this.rails = rails;
    this.clock = clock;
    this.onRail = onRail;
  }

  get isOpen(): boolean {
    return this.power !== null;
  }

  opened(port: RigPower): void {
    this.power = port;
  }

  /** The devices are open: from now on every rail is left on, and an `off` is a cut. */
  begin(): void {
    this.started = true;
  }

  get hasBegun(): boolean {
    return this.started;
  }

  get hasCut(): boolean {
    return this.cut;
  }

  async switchAndRecord(rails: readonly string[], state: 'on' | 'off'): Promise<SwitchRecord[]> {
    // Counted as off before the command: if it fails half way, some rails may be off.
    if (state === 'off') for (const rail of rails) this.off.add(rail);
    if (state === 'off' && this.started) this.cut = true;
    for (const rail of rails) this.touched.add(rail);
    const askedNs = this.clock.nowNs();
    try {
      const done = await this.requirePower().switchRails(rails, state);
      if (state === 'on') for (const rail of rails) this.off.delete(rail);
      this.notify(rails, state);
      return done.map((one) => ({ ...one, askedNs }));
    } catch (error) {
      this.notify(rails, 'unknown');
      throw error;
    }
  }

  async allOn(): Promise<void> {
    const names = this.rails.map(({ name }) => name);
    for (const name of names) this.touched.add(name);
    await this.requirePower().allOn();
    this.off.clear();
    this.notify(names, 'on');
  }

  /** Never rejects. */
  async readRails(): Promise<Map<string, RailFound>> {
    const states = await this.requirePower().readRails();
    for (const [rail, state] of states) if (state !== 'unknown') this.notify([rail], state);
    return states;
  }

  /**
   * As `allOn`, but sends no command to rails that are on by both accounts: this process left none of them off, and
   * their boards read all of them as on now. A command for each rail takes several times as long as one read.
   */
  private async ensureOn(): Promise<void> {
    if (this.off.size === 0) {
      const states = await this.readRails();
      if (this.rails.every(({ name }) => states.get(name) === 'on')) return;
    }
    await this.allOn();
  }

  /**
   * After a failed start: the found state, or on where that is not known. Rails that were never switched stay as they
   * are. Called again once the boards are closed, it ends as it did before.
   */
  async restore(): Promise<void> {
    if (this.closed) {
      if (this.notRestored !== null) throw this.notRestored;
      return;
    }
    this.notRestored = null;
    try {
      await this.putBack();
    } catch (error) {
      this.notRestored = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  private async putBack(): Promise<void> {
    if (this.power === null) return;
    if (this.started) return this.ensureOn();
    const states = new Map(
      [...this.touched].map((rail) => [rail, this.found.get(rail) === 'off' ? 'off' : 'on'] as const),
    );
    await this.power.setEach(states);
    for (const [rail, state] of states) this.notify([rail], state);
  }

  /** State of the rails after a successful `restore`. */
  get restoredWords(): string {
    if (this.touched.size === 0) return 'no rail was switched';
    return this.started ? 'every rail is switched on' : 'every rail is as it was found, or on';
  }

  get restoreMs(): number {
    return Math.max(POWER_ON_MS, this.power?.slowestMs ?? 0);
  }

  /** Areas that may be without power. */
  unpoweredAreas(): AreaName[] {
    return railCuts([...this.off], this.rails).flatMap((r) => [...r.areas]);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.power?.close();
  }

  private notify(rails: readonly string[], state: 'on' | 'off' | 'unknown'): void {
    for (const rail of rails) this.onRail(rail, state);
  }

  private requirePower(): RigPower {
    if (this.power === null) throw new CampaignError('INTERNAL', 'the session has no boards (not begun, or ended)');
    return this.power;
  }
}
