/** Listeners of the replication engine of a session: one engine, any number of listeners. */
import type { AreaFailure, ReplicationEvents, PointEvent } from '../../replication/replicationEngine.js';

export class ReplicationListeners {
  private readonly failures = new Set<(failure: AreaFailure) => void>();
  private readonly loads = new Set<() => void>();
  private readonly points = new Set<(event: PointEvent) => void>();

  /** Passed to the engine; `others`: events with a single listener. */
  events(others: Pick<ReplicationEvents, 'onSnapshot' | 'onPause'>): ReplicationEvents {
    return {
      ...others,
      onFailure: (failure) => this.failures.forEach((listener) => listener(failure)),
      onLoadBegan: () => this.loads.forEach((listener) => listener()),
      onPoint: (event) => this.points.forEach((listener) => listener(event)),
    };
  }

  /** Each returns what ends the subscription. */
  onFailure(listener: (failure: AreaFailure) => void): () => void {
    return subscribe(this.failures, listener);
  }

  onLoadBegan(listener: () => void): () => void {
    return subscribe(this.loads, listener);
  }

  onPoint(listener: (event: PointEvent) => void): () => void {
    return subscribe(this.points, listener);
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
