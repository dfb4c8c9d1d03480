/** Every way an engine can be made; a contract test runs on all of them. */
import { afterEach, describe } from 'vitest';
import { createIoRing, type IoRingOptions } from '../../src/blockdev/ioRing.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import type { IoRing, OpenDevice } from '../../src/blockdev/blockDevice.js';

export interface Variant {
  ffi: 'koffi' | 'ffi-napi';
  kind: 'io_uring' | 'threads';
  open(path: string): OpenDevice;
  engine(devices: OpenDevice[], options?: Partial<IoRingOptions>): IoRing;
}

const COMBINATIONS = [
  { ffi: 'koffi', kind: 'io_uring' },
  { ffi: 'koffi', kind: 'threads' },
  { ffi: 'ffi-napi', kind: 'io_uring' },
  { ffi: 'ffi-napi', kind: 'threads' },
] as const;

/** Engines and devices made through the variant are closed after each test, engines first. */
export function forEachVariant(tests: (variant: Variant) => void): void {
  for (const { ffi, kind } of COMBINATIONS) {
    describe(`${kind} through ${ffi}`, () => {
      const made: { close(): void }[] = [];
      afterEach(() => {
        for (const thing of made.splice(0).reverse()) thing.close();
      });
      const keep = <T extends { close(): void }>(thing: T): T => {
        made.push(thing);
        return thing;
      };
      tests({
        ffi,
        kind,
        open: (path) => keep(openDevice(path, { ffi })),
        engine: (devices, options) =>
          keep(createIoRing({ ffi, kind, depth: 16, arenaBytes: 2 ** 20, devices, ...options })),
      });
    });
  }
}

export interface Completion {
  tag: number;
  result: number;
  submittedNs: number;
  completedNs: number;
}

/** For a hang only. */
const DRAIN_NS = 120e9;

/** Submits what was pushed and waits for all that is in flight. */
export function drain(engine: IoRing): Completion[] {
  const all: Completion[] = [];
  while (engine.inFlight > 0) {
    const taken = engine.submitAndReap(engine.inFlight, DRAIN_NS);
    if (taken === 0) throw new Error(`nothing completed in ${DRAIN_NS / 1e9} s, ${engine.inFlight} in flight`);
    for (let i = 0; i < taken; i++)
      all.push({
        tag: engine.tag(i),
        result: engine.result(i),
        submittedNs: engine.submittedNs(i),
        completedNs: engine.completedNs(i),
      });
  }
  return all;
}
