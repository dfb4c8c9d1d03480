/**
 * Saves, restores and hashes the memory of an object graph in place (that of the core: typed arrays, plain fields,
 * short lists). The core creates no objects while it runs, so the graph is walked once, and then copied flat.
 *
 * Conditions: private fields are plain, no closure holds state, and maps and sets hold plain data that no other object
 * refers to. If a field later refers to an object outside of the graph, `addTo` throws. Arrays are short lists that may
 * grow.
 */
import { ExploreError } from './errors.js';
import { Mix } from './stateHash.js';

type Scalar = number | boolean | string | undefined | null;
type Typed = Float64Array | Uint32Array | Int32Array | Uint8Array;
type Fields = Record<string, unknown>;

export interface Saved {
  typed: Uint8Array;
  fields: unknown[];
  lists: unknown[][];
  /** Copies of the entries of maps and sets. */
  tables: unknown[][];
}

function isTyped(x: unknown): x is Typed {
  return ArrayBuffer.isView(x) && !(x instanceof DataView);
}

interface TypedPart {
  bytes: Uint8Array;
  words: Int32Array | null;
  /** The number of elements in use, from a field of the array's owner; null: all. */
  count: (() => number) | null;
  wordsPerElement: number;
}

export class MemoryImage {
  private readonly parts: TypedPart[] = [];
  private readonly typed: Uint8Array[] = [];
  private typedBytes = 0;
  private readonly holders: { object: Fields; keys: string[] }[] = [];
  private readonly lists: { array: unknown[] }[] = [];
  private readonly tables: (Set<unknown> | Map<unknown, unknown>)[] = [];
  private readonly numbers = new Map<object, number>();
  private readonly unhashed: Set<string>;

  /**
   * If an object has a field `recordCount`, so many elements of each of its typed arrays are in use, and only these are
   * hashed.
   *
   * @param outside objects that do not belong to the graph (callbacks)
   * @param unhashed names of fields that the hash ignores
   */
  constructor(root: object, outside: readonly object[], unhashed: readonly string[] = []) {
    for (const o of outside) this.numbers.set(o, -1);
    this.unhashed = new Set(unhashed);
    this.walk(root);
  }

  private walk(x: object, holder?: Fields): void {
    if (this.numbers.has(x)) return;
    this.numbers.set(x, this.numbers.size);
    if (isTyped(x)) {
      const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      this.typed.push(bytes);
      this.parts.push(partOf(x, bytes, holder));
      this.typedBytes += Math.ceil(bytes.length / 4) * 4;
      return;
    }
    if (Array.isArray(x)) {
      this.lists.push({ array: x });
      for (const v of x) if (typeof v === 'object' && v !== null) this.walk(v);
      return;
    }
    if (x instanceof Set || x instanceof Map) {
      this.tables.push(x);
      return;
    }
    const object = x as Fields;
    const keys = Object.keys(object).filter((k) => typeof object[k] !== 'function');
    this.holders.push({ object, keys });
    for (const k of keys) {
      const v = object[k];
      if (typeof v === 'object' && v !== null) this.walk(v, object);
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
    return {
      typed,
      fields,
      lists: this.lists.map(({ array }) => array.slice()),
      tables: this.tables.map((s) => copyOf([...s])),
    };
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
    for (let i = 0; i < this.tables.length; i++) {
      const table = this.tables[i];
      if (table.size > 0) table.clear();
      for (const v of copyOf(saved.tables[i])) {
        if (table instanceof Map) table.set((v as [unknown, unknown])[0], (v as [unknown, unknown])[1]);
        else table.add(v);
      }
    }
  }

  addTo(m: Mix): void {
    for (const { bytes, words, count, wordsPerElement } of this.parts) {
      if (words === null) {
        for (const byte of bytes) m.add(byte);
        continue;
      }
      const end = count === null ? words.length : count() * wordsPerElement;
      for (let i = 0; i < end; i++) m.add(words[i]);
    }
    for (const { object, keys } of this.holders) {
      for (const k of keys) if (!this.unhashed.has(k)) this.addValue(m, object[k]);
    }
    for (const { array } of this.lists) {
      m.add(array.length);
      for (const v of array) this.addValue(m, v);
    }
    for (const table of this.tables) if (table.size > 0) m.addText(JSON.stringify([...table]));
  }

  private addValue(m: Mix, v: unknown): void {
    if (typeof v === 'number') m.addNumber(v);
    else if (typeof v === 'object' && v !== null) m.add(this.numberOf(v));
    else m.addText(String(v as Scalar));
  }

  private numberOf(x: object): number {
    const n = this.numbers.get(x);
    if (n !== undefined) return n;
    throw new ExploreError(
      'NOT_MODELLED',
      `the engine created an object while it ran (${x.constructor.name}); the explorer can only save objects that exist at its start`,
    );
  }
}

function copyOf(list: readonly unknown[]): unknown[] {
  return list.length === 0 ? [] : (structuredClone(list) as unknown[]);
}

function partOf(x: Typed, bytes: Uint8Array, holder: Fields | undefined): TypedPart {
  const words = x.BYTES_PER_ELEMENT < 4 ? null : new Int32Array(x.buffer, x.byteOffset, x.byteLength >> 2);
  const count =
    holder !== undefined && typeof holder.recordCount === 'number' ? () => holder.recordCount as number : null;
  return { bytes, words, count, wordsPerElement: x.BYTES_PER_ELEMENT / 4 };
}
