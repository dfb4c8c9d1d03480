/**
 * Faults that the profile can inject into a virtual disk (`faults:` of a lab disk): classes of docs/FAULTS.md, their
 * options, and what each does. Legal results of a cut (cache-loss, reordered, torn-inflight) are no faults: the kill
 * model gives them.
 */
import { z } from 'zod';
import { LabError } from '../errors.js';

const BYTES: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, min: 60_000 };

/** A number (bytes, milliseconds), or one with its unit, as in a rig profile. */
function withUnit(units: Record<string, number>, example: string): z.ZodType<number> {
  const allowed = Object.keys(units).join(', ');
  return z.union([z.number(), z.string()]).transform((value, context) => {
    if (typeof value === 'number') return value;
    const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(value.trim());
    const factor = match === null ? undefined : units[match[2]];
    if (match !== null && factor !== undefined) return Number(match[1]) * factor;
    context.addIssue({
      code: 'custom',
      message: `"${value}" has no known unit; units are ${allowed}, as in ${example}`,
    });
    return z.NEVER;
  });
}

export const sectorBytes = withUnit(BYTES, '4KiB').refine((n) => Number.isSafeInteger(n) && n >= 0 && n % 512 === 0, {
  message: 'it must be a multiple of 512 bytes, 0 or more',
});

export const durationMs = withUnit(MILLISECONDS, '250ms').refine((n) => n >= 0 && n <= 3_600_000, {
  message: 'it must be from 0 to 60 min',
});

const times = z.number().int().min(1).max(1e9);
const probability = z.number().min(0).max(1);

/** Cuts after which the fault is active; 0: from the start of the lab. */
const active = { afterCuts: z.number().int().min(0).max(1e6).default(0) };

/**
 * Strikes the `afterWrites`-th write that a flush makes durable, then `count - 1` further ones, `every` writes apart.
 */
const onWrites = { ...active, afterWrites: times.default(100), every: times.default(100), count: times.default(1) };

/** Without `offset` the place is drawn. */
const range = { offset: sectorBytes.optional(), length: sectorBytes.default(4096) };

const atCut = { ...active, probability: probability.default(1), count: times.default(1) };

const schema = z.discriminatedUnion('class', [
  z.strictObject({ class: z.literal('lying-flush'), ...active, probability: probability.default(1) }),
  z.strictObject({
    class: z.literal('error-once'),
    ...active,
    afterFlushes: times.default(10),
    every: times.default(10),
    count: times.default(1),
    /** Chance of each write that the failed flush covered to be lost at once. */
    lossProbability: probability.default(0.5),
  }),
  z.strictObject({ class: z.literal('latent-error'), ...active, ...range }),
  z.strictObject({
    class: z.literal('slow'),
    ...active,
    delayMs: durationMs.default(20),
    probability: probability.default(1),
  }),
  z.strictObject({ class: z.literal('stale-read'), ...onWrites }),
  z.strictObject({
    class: z.literal('misdirected-read'),
    ...active,
    afterReads: times.default(100),
    every: times.default(100),
    count: times.default(1),
  }),
  z.strictObject({ class: z.literal('lost-write'), ...onWrites }),
  z.strictObject({ class: z.literal('torn-durable'), ...onWrites }),
  z.strictObject({
    class: z.literal('bit-corruption'),
    ...onWrites,
    bits: z.number().int().min(1).max(4096).default(8),
  }),
  z.strictObject({ class: z.literal('misdirected-write'), ...onWrites }),
  z.strictObject({
    class: z.literal('stuck-bits'),
    ...active,
    ...range,
    mask: z.number().int().min(1).max(255).default(4),
  }),
  z.strictObject({ class: z.literal('shorn'), ...atCut }),
  z.strictObject({ class: z.literal('garbage'), ...atCut }),
  z.strictObject({ class: z.literal('collateral'), ...atCut }),
  z.strictObject({ class: z.literal('region-loss'), ...active, ...range, length: sectorBytes.default(1024 * 1024) }),
  z.strictObject({ class: z.literal('dead-device'), atCut: times.default(1) }),
  z.strictObject({
    class: z.literal('late-return'),
    atCut: times.default(1),
    delayMs: durationMs.default(5000),
    everyCut: z.boolean().default(false),
  }),
  z.strictObject({
    class: z.literal('bounce'),
    atCut: times.default(1),
    pulses: z.number().int().min(1).max(100).default(3),
    gapMs: durationMs.default(10),
  }),
  /** After this cut the disk's link leads to the disk `with`, until the next cut. */
  z.strictObject({ class: z.literal('wrong-device'), atCut: times.default(1), with: z.string() }),
]);

export type FaultSpec = z.infer<typeof schema>;
export type FaultClass = FaultSpec['class'];
export type FaultOf<C extends FaultClass> = Extract<FaultSpec, { class: C }>;

export const faultSchemas = schema.options;

export const FAULT_CLASSES: readonly string[] = faultSchemas.map((option) => option.shape.class.value);

/** Classes of docs/FAULTS.md that are not injected as a fault, and how to get them. */
const ELSEWHERE: Record<string, string> = {
  'cache-loss': 'use killModel: drop or keep-drop',
  reordered: 'use killModel: keep-drop',
  'torn-inflight': 'use killModel: keep-drop with tearProbability',
  'hold-up': 'use holdUp of the disk',
  'one-side': 'cut one rail',
  'relay-lie': 'use the welded option of the lab board',
  'ignored-fua': 'a loop device turns FUA into a write and a flush, so the disk sees no FUA: use lying-flush',
  unserializable: 'use lying-flush with killModel: keep-drop',
};

/** Throws LabError LAB_BAD_FAULT. */
export function parseFaults(disk: string, faults: readonly Record<string, unknown>[]): FaultSpec[] {
  return faults.map((fault, i) => {
    const result = schema.safeParse(fault);
    if (result.success) return result.data;
    const name = String(fault['class']);
    const where = `disk ${disk}, faults[${i}]`;
    if (!FAULT_CLASSES.includes(name)) {
      const hint =
        ELSEWHERE[name] ?? `the classes are ${FAULT_CLASSES.join(', ')}; \`plugpull lab faults\` describes them`;
      throw new LabError(
        'LAB_BAD_FAULT',
        `${where}: class ${JSON.stringify(fault['class'])} can't be injected: ${hint}.`,
        { disk, fault },
      );
    }
    const problems = result.error.issues.map((issue) => `${issue.path.join('.') || name}: ${issue.message}`).join('; ');
    throw new LabError('LAB_BAD_FAULT', `${where} (${name}): ${problems}. Correct lab.disks.${disk}.faults[${i}].`, {
      disk,
      fault,
    });
  });
}

export interface FaultDescription {
  class: FaultClass;
  what: string;
  /** `default`: sizes in bytes, times in milliseconds; null: drawn, or required. */
  options: { name: string; default: unknown; required: boolean }[];
}

const WHAT: Record<FaultClass, string> = {
  'lying-flush': 'acknowledges a flush and keeps the data volatile',
  'error-once': 'fails one flush and succeeds on the next',
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
  collateral: 'at a cut: damages a sector next to a write in flight',
  'region-loss': 'at a cut: loses a large range',
  'dead-device': 'does not come back after a cut',
  'late-return': 'comes back late after a cut',
  bounce: 'comes back with several short outages',
  'wrong-device': 'comes back as another disk, named by `with`, until the next cut',
};

/** Given for required options, which have no default. */
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
