/** A device that a benchmark opens exclusively in each round, and that has to be the same device in all of them. */
import { CampaignError } from '../campaign/errors.js';
import { openDevice } from '../blockdev/openDevice.js';
import { identityDifferences, type DeviceIdentity, type OpenDevice } from '../blockdev/blockDevice.js';
import type { BenchmarkDevice } from './ioDevices.js';

export class RoundDevice {
  private readonly path: string;
  private known: DeviceIdentity | null = null;
  private current: OpenDevice | null = null;

  constructor({ device }: BenchmarkDevice) {
    this.path = device;
  }

  /** Only between `open` and `close`. */
  get opened(): OpenDevice {
    if (this.current === null) throw new Error(`${this.path} is not open between two rounds`);
    return this.current;
  }

  /** Programs that open the device without O_EXCL can use it meanwhile. @throws DeviceError, CampaignError */
  open(): OpenDevice {
    const device = openDevice(this.path);
    const differences = identityDifferences(this.known ?? device.identity, device.identity);
    this.known ??= device.identity;
    if (differences.length === 0) return (this.current = device);
    device.close();
    const said = differences.map((d) => `${d.field} was ${d.before}, is ${d.after}`).join('; ');
    throw new CampaignError(
      'HARDWARE_FAILED',
      `${device.identity.path} is another device now: ${said}. Check its connection, then run the benchmark again.`,
    );
  }

  /** Idempotent. */
  close(): void {
    this.current?.close();
    this.current = null;
  }
}
