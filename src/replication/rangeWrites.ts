/**
 * Writes ranges once, as updates of an application: they are tracked, acknowledged and in the history as those of a
 * load. So a bench that dies meanwhile leaves a journal that names what may differ.
 */
import { BUSY, REFUSED } from '../tracker/core/core.js';
import { ReplicationError } from './errors.js';
import type { RunningCore } from './runningCore.js';

interface RangeWrite {
  offsetBytes: number;
  lengthBytes: number;
}

export interface RangeWriteParts {
  running: RunningCore;
  ranges: Iterable<RangeWrite>;
  /** Largest write: the buffers of the core hold it. */
  writeBytes: number;
  queueDepth: number;
  stopRequested: () => boolean;
  /** Called after each round with the bytes handed over. */
  progress: (doneBytes: number) => void;
}

/**
 * Returns when every update is answered. False: it was stopped. @throws ReplicationError ENGINE_AREA_LOST when a device
 * fails: what was to be written is not on both areas then
 */
export function writeRanges(p: RangeWriteParts): boolean {
  const { queue } = p.running;
  const writes = writesOf(p.ranges, p.writeBytes);
  const transaction = new OneTransaction(p.running);
  let write = writes.next();
  let doneBytes = 0;
  p.running.begin();
  while (write.done !== true || queue.outstanding > 0) {
    while (write.done !== true && queue.outstanding < p.queueDepth && transaction.take(write.value)) {
      doneBytes += write.value.lengthBytes;
      write = writes.next();
    }
    p.running.round();
    p.progress(doneBytes);
    throwIfLost(p.running);
    if (p.stopRequested()) break;
  }
  transaction.close();
  return write.done === true && queue.outstanding === 0;
}

/** Obtains updates in one transaction: it ends with the last of them. */
class OneTransaction {
  private readonly running: RunningCore;
  private place: number = BUSY;

  constructor(running: RunningCore) {
    this.running = running;
  }

  /** False: the core takes no update now. */
  take({ offsetBytes, lengthBytes }: RangeWrite): boolean {
    const { core, driver, queue } = this.running;
    if (this.place === BUSY || this.place === REFUSED) this.place = core.begin();
    if (this.place === BUSY || this.place === REFUSED) return false;
    const slot = core.obtain(this.place, offsetBytes, lengthBytes, driver.nowMs);
    if (slot === BUSY || slot === REFUSED) return false;
    driver.obtained(slot, driver.nowMs);
    queue.obtained();
    return true;
  }

  close(): void {
    if (this.place !== BUSY && this.place !== REFUSED) this.running.core.close(this.place, this.running.driver.nowMs);
  }
}

function* writesOf(ranges: Iterable<RangeWrite>, writeBytes: number): Generator<RangeWrite, void, void> {
  for (const { offsetBytes, lengthBytes } of ranges) {
    for (let at = 0; at < lengthBytes; at += writeBytes)
      yield { offsetBytes: offsetBytes + at, lengthBytes: Math.min(writeBytes, lengthBytes - at) };
  }
}

function throwIfLost({ core }: RunningCore): void {
  const area = core.primaryLost ? 'primary' : core.secondaryAway ? 'secondary' : core.journalLost ? 'journal' : null;
  if (area === null) return;
  throw new ReplicationError('ENGINE_AREA_LOST', `${area} failed while the working set was written; check the device`, {
    area,
  });
}
