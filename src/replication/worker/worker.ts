/** Entry point of the I/O worker thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { Control, type CarriedError, type FromWorker, type ToWorker } from './channel.js';
import { ReplicationWorker } from './replicationWorker.js';

if (parentPort === null) throw new Error('worker.js runs as a worker thread only; start the program, not this file');
const mainThread = parentPort;
const control = new Control((workerData as { control: SharedArrayBuffer }).control);
const send = (message: FromWorker): void => mainThread.postMessage(message);

const engine = new ReplicationWorker({
  control,
  snapshot: (snapshot) => send({ type: 'snapshot', snapshot }),
  failure: (failure) => send({ type: 'failure', failure }),
  point: (event) => send({ type: 'point', event }),
  loadBegan: () => send({ type: 'loadBegan' }),
  pause: (pause) => send({ type: 'pause', pause }),
  powerLossTaken: () => send({ type: 'powerLossTaken' }),
});

function carry(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { code, context } = error as { code?: unknown; context?: unknown };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof context === 'object' && context !== null ? { context: context as Record<string, unknown> } : {}),
  };
}

mainThread.on('message', (message: ToWorker) => {
  engine.messageArrived();
  if (message.type === 'poke') return;
  const { id, command, args } = message;
  try {
    const perform = engine[command] as (...a: unknown[]) => unknown;
    send({ type: 'result', id, value: perform.apply(engine, args) });
  } catch (error) {
    send({ type: 'error', id, error: carry(error) });
  }
});
