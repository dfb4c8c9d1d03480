/** What the snapshots of the replication engine say of one load: evidence waits, and what the journal was written. */
import type { ReplicationSnapshot } from '../replication/replicationEngine.js';

/** Sums over the snapshots of one load; its first snapshot is the starting point. */
export class SnapshotSums {
  evidenceWaitSeconds: number[] = [];
  private last = 0;
  private before: number | null = null;
  private lastWrites = 0;
  private writesBefore = 0;

  reset(): void {
    this.before = null;
    this.evidenceWaitSeconds = [];
  }

  take(s: ReplicationSnapshot): void {
    this.last = s.writeBytes.journal;
    this.lastWrites = s.writes.journal;
    if (this.before !== null) for (const wait of s.evidenceWaitSeconds) this.evidenceWaitSeconds.push(wait);
    else if (s.phase === 'load') [this.before, this.writesBefore] = [this.last, this.lastWrites];
  }

  get journalWrites(): number {
    return this.before === null ? 0 : this.lastWrites - this.writesBefore;
  }

  get journalBytes(): number {
    return this.last - (this.before ?? this.last);
  }
}
