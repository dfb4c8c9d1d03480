/** Random events for a history and its naive model. */
import fc from 'fast-check';
import type { StorageArea } from '../../src/base/areas.js';
import type { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { NaiveHistory } from './naiveHistory.js';

export const BLOCKS = 12;
export const BLOCK = 4096;
export const AREAS = ['primary', 'secondary'] as const;

export const step = fc.record({
  action: fc.constantFrom(
    ...(['write', 'write', 'write', 'complete', 'complete', 'complete', 'fail', 'fua', 'flush', 'flush'] as const),
    ...(['flushed', 'flushed', 'flushFails', 'powerLost', 'answer', 'copy', 'copied', 'copied'] as const),
  ),
  area: fc.constantFrom(...AREAS),
  first: fc.integer({ min: 0, max: BLOCKS - 1 }),
  count: fc.integer({ min: 1, max: 4 }),
  pick: fc.nat(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Flight {
  area: StorageArea;
  id: number;
  first: number;
  count: number;
}

/** Feeds a history and its naive model the same events, and keeps R10 and R13 as the replication engine does. */
export class Driver {
  readonly model = new NaiveHistory();
  readonly written: Flight[] = [];
  private flights: Flight[] = [];
  private flushes: { area: StorageArea; token: number }[] = [];
  private copies: { first: number; count: number }[] = [];
  private nextId = 1;
  readonly history: HistoryRecorder;
  private readonly usableBytes: number;
  private readonly firstBlock: number;

  /** The steps use the last `BLOCKS` blocks of the area. */
  constructor(history: HistoryRecorder, usableBytes = BLOCKS * BLOCK) {
    this.history = history;
    this.usableBytes = usableBytes;
    this.firstBlock = Math.ceil(usableBytes / BLOCK) - BLOCKS;
  }

  private offsetOf({ first }: { first: number }): number {
    return (this.firstBlock + first) * BLOCK;
  }

  private lengthOf({ first, count }: { first: number; count: number }): number {
    return Math.min(count * BLOCK, this.usableBytes - this.offsetOf({ first }));
  }

  apply(s: Step): void {
    const now = this.model.tick();
    const offset = this.offsetOf(s);
    const count = Math.min(s.count, BLOCKS - s.first);
    const range = { first: s.first, count };
    switch (s.action) {
      case 'write': {
        if (this.busy(range, s.area)) return;
        const write = { area: s.area, id: this.nextId++, ...range };
        this.flights.push(write);
        this.written.push(write);
        this.model.writes.push({ ...write, issuedAt: now, completedAt: null, fuaAt: null });
        return this.history.issued(s.area, write.id, offset, this.lengthOf(range));
      }
      case 'complete':
      case 'fail':
      case 'fua':
        return this.complete(s, now);
      case 'flush': {
        const token = this.history.flushSubmitted(s.area);
        this.flushes.push({ area: s.area, token });
        this.model.flushes.push({ area: s.area, token, submittedAt: now, completedAt: null });
        return;
      }
      case 'flushed':
      case 'flushFails': {
        if (this.flushes.length === 0) return;
        const [flush] = this.flushes.splice(s.pick % this.flushes.length, 1);
        const ok = s.action === 'flushed';
        if (ok) this.model.flushes.find((f) => f.area === flush!.area && f.token === flush!.token)!.completedAt = now;
        else this.model.epochEnds.push({ area: flush!.area, at: now });
        return this.history.flushCompleted(flush!.area, flush!.token, ok);
      }
      case 'powerLost':
        this.model.epochEnds.push({ area: s.area, at: now });
        if (s.area === 'secondary') this.copies = [];
        return this.history.powerLost(s.area);
      case 'answer': {
        if (this.written.length === 0) return;
        const w = this.written[s.pick % this.written.length]!;
        this.model.answers.push(w);
        return this.history.answered(w.id, this.offsetOf(w), this.lengthOf(w));
      }
      case 'copy':
        if (AREAS.some((area) => this.busy(range, area))) return;
        this.copies.push(range);
        this.model.copies.push({ ...range, issuedAt: now, durableAt: null });
        return this.history.copyIssued(offset, this.lengthOf(range));
      case 'copied': {
        if (this.copies.length === 0) return;
        const [copy] = this.copies.splice(s.pick % this.copies.length, 1);
        this.model.copies.findLast((c) => c.first === copy!.first && c.count === copy!.count)!.durableAt = now;
        return this.history.copyDurable(this.offsetOf(copy!), this.lengthOf(copy!));
      }
    }
  }

  /** The devices are closed: I/O in flight is never reported as completed. */
  forgetInFlight(): void {
    this.flights = [];
    this.flushes = [];
    this.copies = [];
    this.history.forgetInFlight();
  }

  private complete(s: Step, now: number): void {
    if (this.flights.length === 0) return;
    const [w] = this.flights.splice(s.pick % this.flights.length, 1);
    const shadow = this.model.writes.find((m) => m.id === w!.id)!;
    const [offset, length] = [this.offsetOf(w!), this.lengthOf(w!)];
    if (s.action === 'fua') {
      shadow.fuaAt = now;
      return this.history.durableCompleted(w!.area, w!.id, offset, length);
    }
    if (s.action === 'complete') shadow.completedAt = now;
    else this.model.epochEnds.push({ area: w!.area, at: now });
    this.history.completed(w!.area, w!.id, offset, length, s.action === 'complete');
  }

  private busy(range: { first: number; count: number }, area: StorageArea): boolean {
    const overlaps = (o: { first: number; count: number }): boolean =>
      o.first < range.first + range.count && range.first < o.first + o.count;
    return this.flights.some((f) => f.area === area && overlaps(f)) || this.copies.some(overlaps);
  }
}
