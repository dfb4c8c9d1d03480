/**
 * The replication engine of a session. Its thread starts at once, while the lab starts and the boards are read: it
 * needs a tenth of a second to load, and opens no device by itself.
 */
import type { FfiName } from '../../blockdev/ffi/native.js';
import type { ReplicationEngine, ReplicationEvents } from '../../replication/replicationEngine.js';
import type { Host } from './host.js';

export class EngineThread {
  private readonly starting: Promise<ReplicationEngine>;
  private started: ReplicationEngine | null = null;

  constructor(host: Pick<Host, 'createReplicationEngine'>, events: ReplicationEvents, ffi: FfiName) {
    this.starting = host.createReplicationEngine(events, { ffi });
    // `ready` rejects with it; a session that ends before that needs no engine.
    this.starting.catch(() => undefined);
  }

  /** null until `ready` has resolved. */
  get engine(): ReplicationEngine | null {
    return this.started;
  }

  /** Rejects if the thread could not start. */
  async ready(): Promise<void> {
    this.started = await this.starting;
  }

  /** Ends the thread, also one that is still starting. */
  async end(): Promise<void> {
    const engine = await this.starting.catch(() => null);
    await engine?.terminate();
  }
}
