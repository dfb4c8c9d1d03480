/** The faults that a virtual disk can be told to have, for a person: what each does, and its options with their defaults. */
import { faultSchemas, type FaultClass } from './spec.js';

export interface FaultDescription {
  class: FaultClass;
  what: string;
  /** `default`: sizes in bytes, times in milliseconds; null: drawn, or it must be given. */
  options: { name: string; default: unknown; required: boolean }[];
}

const WHAT: Record<FaultClass, string> = {
  'lying-flush': 'acknowledges a flush and keeps the data volatile',
  'error-once': 'fails one flush, then goes on as if nothing had happened',
  'latent-error': 'fails reads of a range',
  slow: 'answers late',
  'stale-read': 'returns an old version, once',
  'misdirected-read': 'returns another sector, once',
  'lost-write': 'loses a write that a flush had made durable',
  'torn-durable': 'loses part of a write that a flush had made durable',
  'bit-corruption': 'flips bits of a durable write',
  'misdirected-write': 'puts a durable write at another address',
  'stuck-bits': 'returns a range with the same bits wrong everywhere',
  shorn: 'at a cut: leaves part of one sector new, the rest old',
  garbage: 'at a cut: leaves noise in a sector that was in flight',
  collateral: 'at a cut: damages a sector that nobody was writing',
  'region-loss': 'at a cut: loses a large range',
  'dead-device': 'does not come back after a cut',
  'late-return': 'comes back late after a cut',
  bounce: 'comes back with several short outages',
  'wrong-device': 'comes back as another disk, named by `with`, until the next cut',
};

/** A string of its own for the options that have no default to be read off. */
const ANY = 'ANY';

/** In the order of the schema. */
export function listFaults(): FaultDescription[] {
  return faultSchemas.map((schema) => {
    const { class: className, ...shape } = schema.shape;
    const name = className.value;
    const filled = schema.parse({ class: name, ...('with' in shape ? { with: ANY } : {}) }) as Record<string, unknown>;
    const options = Object.keys(shape).map((option) => {
      const value = filled[option];
      if (value === ANY) return { name: option, default: null, required: true };
      return { name: option, default: value ?? null, required: false };
    });
    return { class: name, what: WHAT[name], options };
  });
}
