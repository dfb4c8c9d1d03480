/** The replication engine as the main thread uses it: sends each call to the I/O worker thread. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DeviceError } from '../../blockdev/errors.js';
import { loadNative } from '../../blockdev/ffi/loadNative.js';
import type { FfiName } from '../../blockdev/ffi/native.js';
import { JournalError } from '../../tracker/journal/format.js';
import type { AreaName } from '../../base/areas.js';
import { Control, type CarriedError, type ReplicationCommand, type FromWorker, type ToWorker } from './channel.js';
import type { WorkloadSpec } from '../../workload/workload.js';
import { ReplicationError } from '../errors.js';
import type { JournalContent, ReplicationEvents, ReplicationEngine, ReplicationSpec } from '../replicationEngine.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The compiled worker file, also when this file runs uncompiled in tests. */
function workerFile(): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return join(here.replace(/\/src\/replication\/worker\/$/, '/dist/replication/worker/'), 'worker.js');
}

/** Starts a worker thread without open devices. `open` loads the C library, since the spec names the FFI. */
export function createReplicationEngine(
  events: ReplicationEvents,
  options: { ffi: FfiName },
): Promise<ReplicationEngine> {
  return new Promise((resolve, reject) => {
    const control = new Control();
    const worker = new Worker(workerFile(), { workerData: { control: control.memory, ...options } });
    worker.once('online', () => resolve(new EngineClient(worker, control, events)));
    worker.once('error', reject);
  });
}

class EngineClient implements ReplicationEngine {
  private readonly worker: Worker;
  private readonly control: Control;
  private readonly events: ReplicationEvents;
  private readonly pending = new Map<number, Pending>();
  private powerLossWaiters: (() => void)[] = [];
  private nextId = 1;
  private dead: Error | null = null;

  constructor(worker: Worker, control: Control, events: ReplicationEvents) {
    this.worker = worker;
    this.control = control;
    this.events = events;
    worker.on('message', (message: FromWorker) => this.take(message));
    worker.on('error', (error) => this.die(error));
    worker.on('exit', (code) => this.die(new Error(`exit code ${code}`)));
  }

  async open(spec: ReplicationSpec): ReturnType<ReplicationEngine['open']> {
    // This thread loads the library too. ffi-napi closes its handles after the worker thread has unloaded the library,
    // and
    // that would crash the process if no other thread held it.
    loadNative(spec.ffi);
    return this.call('open', spec) as ReturnType<ReplicationEngine['open']>;
  }
  format(content: JournalContent): ReturnType<ReplicationEngine['format']> {
    return this.call('format', content) as ReturnType<ReplicationEngine['format']>;
  }
  beginCycle(
    ...args: Parameters<Required<ReplicationEngine>['beginCycle']>
  ): ReturnType<Required<ReplicationEngine>['beginCycle']> {
    return this.call('beginCycle', ...args) as ReturnType<Required<ReplicationEngine>['beginCycle']>;
  }
  prepare(): ReturnType<ReplicationEngine['prepare']> {
    return this.call('prepare') as ReturnType<ReplicationEngine['prepare']>;
  }
  prepareWorkingSet(w: WorkloadSpec): ReturnType<ReplicationEngine['prepareWorkingSet']> {
    return this.call('prepareWorkingSet', w) as ReturnType<ReplicationEngine['prepareWorkingSet']>;
  }
  recover(...args: Parameters<ReplicationEngine['recover']>): ReturnType<ReplicationEngine['recover']> {
    return this.call('recover', ...args) as ReturnType<ReplicationEngine['recover']>;
  }
  load(...args: Parameters<ReplicationEngine['load']>): ReturnType<ReplicationEngine['load']> {
    return this.call('load', ...args) as ReturnType<ReplicationEngine['load']>;
  }
  resync(...args: Parameters<ReplicationEngine['resync']>): ReturnType<ReplicationEngine['resync']> {
    return this.call('resync', ...args) as ReturnType<ReplicationEngine['resync']>;
  }
  judge(...args: Parameters<ReplicationEngine['judge']>): ReturnType<ReplicationEngine['judge']> {
    return this.call('judge', ...args) as ReturnType<ReplicationEngine['judge']>;
  }
  verify(...args: Parameters<ReplicationEngine['verify']>): ReturnType<ReplicationEngine['verify']> {
    return this.call('verify', ...args) as ReturnType<ReplicationEngine['verify']>;
  }
  repair(...args: Parameters<ReplicationEngine['repair']>): ReturnType<ReplicationEngine['repair']> {
    return this.call('repair', ...args) as ReturnType<ReplicationEngine['repair']>;
  }
  abandon(): ReturnType<ReplicationEngine['abandon']> {
    return this.call('abandon') as ReturnType<ReplicationEngine['abandon']>;
  }
  close(): ReturnType<ReplicationEngine['close']> {
    return this.call('close') as ReturnType<ReplicationEngine['close']>;
  }

  async stop(): Promise<void> {
    const running = [...this.pending.values()];
    if (running.length === 0) return;
    this.control.requestStop();
    // The running command resolves or rejects at its next safe moment; in both cases it has stopped.
    await new Promise<void>((resolve) => {
      let left = this.pending.size;
      for (const p of running) {
        const { resolve: done, reject: fail } = p;
        const ended = (): void => {
          if (--left === 0) resolve();
        };
        p.resolve = (value) => {
          done(value);
          ended();
        };
        p.reject = (error) => {
          fail(error);
          ended();
        };
      }
    });
  }

  async sendPoint(powerLossNs: number): Promise<void> {
    this.control.sendPointAt(powerLossNs);
  }

  async disarmPoint(): Promise<void> {
    this.control.disarmPoint();
  }

  powerLost(areas: AreaName[]): Promise<void> {
    if (areas.length === 0 || this.dead !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.powerLossWaiters.push(resolve);
      this.control.announcePowerLoss(areas);
      this.post({ type: 'poke' });
    });
  }

  unanswered(): Partial<Record<AreaName, number>> {
    return this.control.unanswered();
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private call(command: ReplicationCommand, ...args: unknown[]): Promise<unknown> {
    if (this.dead !== null) return Promise.reject(this.dead);
    this.control.clearStop();
    this.control.clearPoint();
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.post({ type: 'command', id, command, args });
    });
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private take(message: FromWorker): void {
    if (message.type === 'snapshot') this.events.onSnapshot(message.snapshot);
    else if (message.type === 'failure') this.events.onFailure(message.failure);
    else if (message.type === 'point') this.events.onPoint?.(message.event);
    else if (message.type === 'loadBegan') this.events.onLoadBegan?.();
    else if (message.type === 'pause') this.events.onPause?.(message.pause);
    else if (message.type === 'powerLossTaken') for (const done of this.powerLossWaiters.splice(0)) done();
    else {
      const pending = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.type === 'result') pending?.resolve(message.value);
      else pending?.reject(revive(message.error));
    }
  }

  private die(cause: Error): void {
    if (this.dead !== null) return;
    this.dead = new ReplicationError('ENGINE_CRASHED', `the I/O thread has ended: ${cause.message}`);
    for (const p of this.pending.values()) p.reject(this.dead);
    this.pending.clear();
    for (const done of this.powerLossWaiters.splice(0)) done();
  }
}

/** Makes the error of the worker again, in its class where callers check the class. */
function revive(e: CarriedError): Error {
  const classes: Record<string, new (code: never, message: string, context: never) => Error> = {
    DeviceError: DeviceError as never,
    JournalError: JournalError as never,
    ReplicationError: ReplicationError as never,
  };
  const known = classes[e.name];
  const error =
    known === undefined ? new Error(e.message) : new known(e.code as never, e.message, (e.context ?? {}) as never);
  if (known === undefined) error.name = e.name;
  if (e.stack !== undefined) error.stack = e.stack;
  return error;
}
