/**
 * The devices of a session as identified at the gate, and whether the same devices return after a cut: by their
 * identities, and by their power counters.
 */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import type { DeviceIdentity } from '../../blockdev/blockDevice.js';
import { counterChanges, type AreaCounters } from '../cycle/proof.js';
import type { CounterChange, CycleProblem } from '../cycle/cycleTypes.js';
import { CampaignError } from '../errors.js';
import type { Host } from './host.js';

export class KnownDevices {
  private readonly host: Pick<Host, 'identify' | 'identityChange' | 'powerCounters'>;
  private readonly pathOf: (area: AreaName) => string;
  private known: Record<AreaName, DeviceIdentity> | null = null;
  private counters: AreaCounters | null = null;
  private changed: readonly CounterChange[] = [];

  constructor(host: Pick<Host, 'identify' | 'identityChange' | 'powerCounters'>, pathOf: (area: AreaName) => string) {
    this.host = host;
    this.pathOf = pathOf;
  }

  /** As found at the gate, before anything was cut. */
  get identities(): Record<AreaName, DeviceIdentity> {
    if (this.known === null) throw new CampaignError('INTERNAL', 'the session has not identified its devices yet');
    return this.known;
  }

  /** Changes of the power counters between the last two reads. */
  get counterChanges(): readonly CounterChange[] {
    return this.changed;
  }

  async identifyFirst(): Promise<void> {
    this.known = await this.identifyAll();
    this.counters = await this.readCounters(this.known);
  }

  /** null: the same devices. */
  async difference(): Promise<CycleProblem | null> {
    const now = await this.identifyAll();
    for (const area of AREA_NAMES) {
      const change = await this.host.identityChange(this.identities[area], now[area]);
      if (change !== null) {
        return {
          kind: 'hardware',
          code: 'IDENTITY_CHANGED',
          text: `${area} is another device after the cut: ${change}`,
        };
      }
    }
    const counters = await this.readCounters(now);
    this.changed = counterChanges(this.counters ?? counters, counters);
    this.counters = counters;
    return null;
  }

  private async identifyAll(): Promise<Record<AreaName, DeviceIdentity>> {
    const [primary, secondary, journal] = await Promise.all(
      AREA_NAMES.map((area) => this.host.identify(this.pathOf(area))),
    );
    return { primary, secondary, journal };
  }

  private async readCounters(of: Record<AreaName, DeviceIdentity>): Promise<AreaCounters> {
    const [primary, secondary, journal] = await Promise.all(
      AREA_NAMES.map((area) => this.host.powerCounters(of[area])),
    );
    return { primary, secondary, journal };
  }
}
