/**
 * Wraps a disk's faults around its medium and its cache, in the order of the profile (the first one innermost).
 *
 *   host ──► device faults ──► cache ──► medium faults ──► image
 */
import { pauseUnlessCut, type PowerLineEnd } from '../disk/diskPower.js';
import type { Medium, VirtualDevice } from '../disk/device.js';
import { regionLoss, cutWriteFault, stuckBits } from './cutFaults.js';
import type { FaultContext } from './context.js';
import { errorOnce, forward, lyingFlush, latentError, misdirectedRead, staleRead, slow } from './deviceFaults.js';
import type { FaultSpec } from './spec.js';
import { writeFault } from './writeFaults.js';

export function wrapMedium(image: Medium, faults: readonly FaultSpec[], context: FaultContext): Medium {
  return faults.reduce<Medium>((inner, fault) => {
    switch (fault.class) {
      case 'lost-write':
      case 'torn-durable':
      case 'bit-corruption':
      case 'misdirected-write':
        return writeFault(inner, fault, context);
      case 'shorn':
      case 'garbage':
      case 'collateral':
        return cutWriteFault(inner, fault, context);
      case 'stuck-bits':
        return stuckBits(inner, fault, context);
      case 'bounce':
      case 'dead-device':
      case 'error-once':
      case 'late-return':
      case 'latent-error':
      case 'lying-flush':
      case 'misdirected-read':
      case 'region-loss':
      case 'slow':
      case 'stale-read':
      case 'wrong-device':
        return inner; // a fault of the device or of the supply
    }
  }, image);
}

export interface DeviceSurroundings {
  /** The medium without faults. */
  image: Medium;
  line: PowerLineEnd;
  /** After cache and faults have handled a cut. */
  onCut(): void;
}

export function wrapDevice(
  cache: VirtualDevice,
  faults: readonly FaultSpec[],
  context: FaultContext,
  { image, line, onCut }: DeviceSurroundings,
): VirtualDevice {
  const wrapped = faults.reduce<VirtualDevice>((inner, fault) => {
    switch (fault.class) {
      case 'lying-flush':
        return lyingFlush(inner, fault, context);
      case 'error-once':
        return errorOnce(inner, fault, context);
      case 'latent-error':
        return latentError(inner, fault, context);
      case 'misdirected-read':
        return misdirectedRead(inner, fault, context);
      case 'stale-read':
        return staleRead(inner, fault, context);
      case 'slow':
        return slow(inner, fault, context, (ms) => pauseUnlessCut(line, ms));
      case 'region-loss':
        return regionLoss(inner, image, fault, context);
      case 'bit-corruption':
      case 'bounce':
      case 'collateral':
      case 'dead-device':
      case 'garbage':
      case 'late-return':
      case 'lost-write':
      case 'misdirected-write':
      case 'shorn':
      case 'stuck-bits':
      case 'torn-durable':
      case 'wrong-device':
        return inner; // a fault of the medium or of the supply
    }
  }, cache);
  return {
    ...forward(wrapped),
    powerLost: () => {
      wrapped.powerLost();
      onCut();
    },
  };
}
