/** All combinations of FFI and backend of a ring; a contract test runs on each. */
import { afterEach, describe } from 'vitest';
import { createIoRing, type IoRingOptions } from '../../src/blockdev/ioRing.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import type { IoRing, OpenDevice } from '../../src/blockdev/blockDevice.js';

export interface Variant {
  ffi: 'koffi' | 'ffi-napi';
  kind: 'io_uring' | 'threads';
  open(path: string): OpenDevice;
  ring(devices: OpenDevice[], options?: Partial<IoRingOptions>): IoRing;
}

const COMBINATIONS = [
  { ffi: 'koffi', kind: 'io_uring' },
  { ffi: 'koffi', kind: 'threads' },
  { ffi: 'ffi-napi', kind: 'io_uring' },
  { ffi: 'ffi-napi', kind: 'threads' },
] as const;

/** After each test the rings and devices of the variant are closed, the newest first. */
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
        ring: (devices, options) =>
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

/** Bounds a hang only. */
const DRAIN_NS = 120e9;

/** Submits what was pushed and waits for all that is in flight. */
export function drain(ring: IoRing): Completion[] {
  const all: Completion[] = [];
  while (ring.inFlight > 0) {
    const taken = ring.submitAndReap(ring.inFlight, DRAIN_NS);
    if (taken === 0) throw new Error(`nothing completed in ${DRAIN_NS / 1e9} s, ${ring.inFlight} in flight`);
    for (let i = 0; i < taken; i++)
      all.push({
        tag: ring.tag(i),
        result: ring.result(i),
        submittedNs: ring.submittedNs(i),
        completedNs: ring.completedNs(i),
      });
  }
  return all;
}
