/**
 * The faults that a virtual disk can be told to have (`faults:` of a lab disk), by class of the fault catalogue, with
 * their options. Legal outcomes of a cut (cache-loss, reordered, torn-inflight) are the kill model's, not faults.
 */
import { z } from 'zod';
import { LabError } from '../errors.js';
import { durationMs, sectorBytes } from './units.js';

const times = z.number().int().min(1).max(1e9);
const probability = z.number().min(0).max(1);

/** Counted from the lab's start, or from cut `afterCuts`. */
const active = { afterCuts: z.number().int().min(0).max(1e6).default(0) };

/** Strikes at the `afterWrites`-th write that a flush made durable; then `count - 1` times more, `every` writes apart. */
const onWrites = { ...active, afterWrites: times.default(100), every: times.default(100), count: times.default(1) };

/** Only writes of at least this size are struck; a torn write needs two sectors. */
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
    /** Chance of each write that the failed flush covered to be gone at once. */
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
  /** After this cut the disk's node is another disk's: `with` names it. The next cut puts it right. */
  z.strictObject({ class: z.literal('wrong-device'), atCut: times.default(1), with: z.string() }),
]);

export type FaultSpec = z.infer<typeof schema>;
export type FaultClass = FaultSpec['class'];
export type FaultOf<C extends FaultClass> = Extract<FaultSpec, { class: C }>;

export const faultSchemas = schema.options;

export const FAULT_CLASSES: readonly string[] = faultSchemas.map((option) => option.shape.class.value);

/** Classes of the catalogue that a virtual disk has another way, or none, to show. */
const ELSEWHERE: Record<string, string> = {
  'cache-loss': 'use killModel: drop or keep-drop',
  reordered: 'use killModel: keep-drop',
  'torn-inflight': 'use killModel: keep-drop with tearProbability',
  'hold-up': 'use holdUp of the disk',
  'one-side': 'cut one rail',
  'relay-lie': 'use the welded option of the lab board',
  'ignored-fua': 'a loop device turns FUA into a write and a flush, which can not be told apart: use lying-flush',
  unserializable: 'use lying-flush with killModel: keep-drop',
};

/** Throws LabError LAB_BAD_FAULT naming the disk, the field, the value and what is allowed. */
export function parseFaults(disk: string, faults: readonly Record<string, unknown>[]): FaultSpec[] {
  return faults.map((fault, i) => {
    const result = schema.safeParse(fault);
    if (result.success) return result.data;
    const name = String(fault['class']);
    const where = `disk ${disk}, faults[${i}]`;
    if (!FAULT_CLASSES.includes(name)) {
      const hint =
        ELSEWHERE[name] ?? `classes are ${FAULT_CLASSES.join(', ')}; \`plugpull lab faults\` says what each does`;
      throw new LabError(
        'LAB_BAD_FAULT',
        `${where}: class ${JSON.stringify(fault['class'])} can't be injected: ${hint}.`,
        { disk, fault },
      );
    }
    const problems = result.error.issues.map((issue) => `${issue.path.join('.') || name}: ${issue.message}`).join('; ');
    throw new LabError('LAB_BAD_FAULT', `${where} (${name}): ${problems}. Correct the faults of the disk.`, {
      disk,
      fault,
    });
  });
}
