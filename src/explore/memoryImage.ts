/**
 * Saves and puts back the whole memory of an object graph in place (the core's: typed arrays, plain fields, short
 * lists), and hashes it. The core allocates nothing while it runs, so its graph is walked once and then copied flat.
 *
 * Needs: plain private fields, no maps or closures that hold state. A field that comes to point to an object
 * outside the graph is an error, not a silent miss. Arrays are taken as short lists that may grow.
 */
import { ExploreError } from './errors.js';
import { Mix } from './mix.js';

type Scalar = number | boolean | string | undefined | null;
type Typed = Float64Array | Uint32Array | Int32Array | Uint8Array;
type Fields = Record<string, unknown>;

export interface Saved {
  typed: Uint8Array;
  fields: unknown[];
  lists: unknown[][];
}

function isTyped(x: unknown): x is Typed {
  return ArrayBuffer.isView(x) && !(x instanceof DataView);
}

export class MemoryImage {
  private readonly typed: Uint8Array[] = [];
  private typedBytes = 0;
  private readonly holders: { object: Fields; keys: string[] }[] = [];
  private readonly lists: { array: unknown[] }[] = [];
  private readonly numbers = new Map<object, number>();
  private readonly unhashed: Set<string>;

  /** @param outside objects that are no part of it (callbacks); @param unhashed field names that no hash looks at. */
  constructor(root: object, outside: readonly object[], unhashed: readonly string[] = []) {
    for (const o of outside) this.numbers.set(o, -1);
    this.unhashed = new Set(unhashed);
    this.walk(root);
  }

  private walk(x: object): void {
    if (this.numbers.has(x)) return;
    this.numbers.set(x, this.numbers.size);
    if (isTyped(x)) {
      const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      this.typed.push(bytes);
      this.typedBytes += Math.ceil(bytes.length / 4) * 4;
      return;
    }
    if (Array.isArray(x)) {
      this.lists.push({ array: x });
      for (const v of x) if (typeof v === 'object' && v !== null) this.walk(v);
      return;
    }
    if (x instanceof Map || x instanceof Set) throw new ExploreError('NOT_MODELLED', 'the memory holds a Map or a Set: copy it by fields, or keep it out');
    const object = x as Fields;
    const keys = Object.keys(object).filter((k) => typeof object[k] !== 'function');
    this.holders.push({ object, keys });
    for (const k of keys) {
      const v = object[k];
      if (typeof v === 'object' && v !== null) this.walk(v);
    }
  }

  save(): Saved {
    const typed = new Uint8Array(this.typedBytes);
    let at = 0;
    for (const t of this.typed) {
      typed.set(t, at);
      at += (t.length + 3) & ~3;
    }
    const fields: unknown[] = [];
    for (const { object, keys } of this.holders) for (const k of keys) fields.push(object[k]);
    return { typed, fields, lists: this.lists.map(({ array }) => array.slice()) };
  }

  restore(saved: Saved): void {
    let at = 0;
    for (const t of this.typed) {
      t.set(saved.typed.subarray(at, at + t.length));
      at += (t.length + 3) & ~3;
    }
    let f = 0;
    for (const { object, keys } of this.holders) for (const k of keys) object[k] = saved.fields[f++];
    for (let i = 0; i < this.lists.length; i++) {
      const { array } = this.lists[i];
      const values = saved.lists[i];
      array.length = values.length;
      for (let k = 0; k < values.length; k++) array[k] = values[k];
    }
  }

  addTo(m: Mix): void {
    for (const t of this.typed) {
      const words = t.length >> 2;
      if ((t.byteOffset & 3) === 0 && words > 0) {
        const view = new Int32Array(t.buffer, t.byteOffset, words);
        for (let i = 0; i < words; i++) m.add(view[i]);
      }
      for (let i = words * 4; i < t.length; i++) m.add(t[i]);
    }
    for (const { object, keys } of this.holders) {
      for (const k of keys) if (!this.unhashed.has(k)) this.addValue(m, object[k]);
    }
    for (const { array } of this.lists) {
      m.add(array.length);
      for (const v of array) this.addValue(m, v);
    }
  }

  private addValue(m: Mix, v: unknown): void {
    if (typeof v === 'number') m.addNumber(v);
    else if (typeof v === 'object' && v !== null) m.add(this.numberOf(v));
    else m.addText(String(v as Scalar));
  }

  private numberOf(x: object): number {
    const n = this.numbers.get(x);
    if (n !== undefined) return n;
    throw new ExploreError('NOT_MODELLED', `an object came into the memory while it ran (${x.constructor.name})`);
  }
}
