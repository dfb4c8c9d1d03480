/**
 * A naive model of the write history: it keeps every event and answers each question by reading all of them. It has no
 * array per block, no queue and no epoch counter, only the rule of history.ts.
 */
import type { StorageArea } from '../../src/base/areas.js';

interface Write {
  area: StorageArea;
  id: number;
  first: number;
  count: number;
  issuedAt: number;
  completedAt: number | null;
  fuaAt: number | null;
}

interface Flush {
  area: StorageArea;
  token: number;
  submittedAt: number;
  completedAt: number | null;
}

interface Copy {
  first: number;
  count: number;
  issuedAt: number;
  durableAt: number | null;
}

export class NaiveHistory {
  now = 0;
  readonly writes: Write[] = [];
  readonly flushes: Flush[] = [];
  readonly copies: Copy[] = [];
  readonly epochEnds: { area: StorageArea; at: number }[] = [];
  readonly answers: { id: number; first: number; count: number }[] = [];

  tick(): number {
    return ++this.now;
  }

  /** The newest update that must be on the block, as of `time`. */
  durable(area: StorageArea, block: number, time = this.now): number {
    const copy = this.lastCopy(area, block, time);
    let floor = 0;
    let since = 0;
    if (copy !== null) {
      since = copy.issuedAt;
      const ofPrimary = this.durable('primary', block, copy.issuedAt);
      const landed = copy.durableAt !== null && copy.durableAt <= time;
      floor = landed ? ofPrimary : Math.min(ofPrimary, this.durable(area, block, copy.issuedAt - 0.5));
    }
    const due = this.writes.filter((w) => covers(w, block) && w.area === area && w.issuedAt > since);
    return Math.max(floor, ...due.filter((w) => this.mustSurvive(w, time)).map((w) => w.id));
  }

  issued(area: StorageArea, block: number, time = this.now): number {
    const own = this.writes.filter((w) => covers(w, block) && w.area === area && w.issuedAt <= time).map((w) => w.id);
    const copied = this.copies
      .filter((c) => area === 'secondary' && covers(c, block) && c.issuedAt <= time)
      .map((c) => this.issued('primary', block, c.issuedAt));
    return Math.max(0, ...own, ...copied);
  }

  acknowledged(block: number): number {
    return Math.max(0, ...this.answers.filter((a) => covers(a, block)).map((a) => a.id));
  }

  private lastCopy(area: StorageArea, block: number, time: number): Copy | null {
    if (area === 'primary') return null;
    return this.copies.filter((c) => covers(c, block) && c.issuedAt <= time).at(-1) ?? null;
  }

  private mustSurvive(w: Write, time: number): boolean {
    if (w.fuaAt !== null && w.fuaAt <= time) return true;
    if (w.completedAt === null) return false;
    return this.flushes.some((f) => {
      if (f.area !== w.area || f.completedAt === null || f.completedAt > time) return false;
      if (f.submittedAt < w.completedAt!) return false;
      return !this.epochEnds.some((e) => e.area === w.area && e.at > w.issuedAt && e.at < f.completedAt!);
    });
  }
}

function covers(range: { first: number; count: number }, block: number): boolean {
  return block >= range.first && block < range.first + range.count;
}
