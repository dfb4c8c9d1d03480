/** Virtual disks and virtual boards that the profile brings along. */
import { z } from 'zod';
import { FAULT_CLASSES } from '../../lab/faults/spec.js';
import { chance, count, duration, refuse, size } from './fields.js';
import { CHANNELS_MAX, optionsSchema } from './power.js';
import { channelRef, name, nameKey } from './words.js';

const KiB = 1024;
const MiB = 2 ** 20;
const TiB = 2 ** 40;

const labDiskSchema = z
  .strictObject({
    size: size('Size of the disk, whole pages of the host', { min: MiB, max: 4 * TiB, multipleOf: 4 * KiB }),
    sectorSize: z.literal([512, 4096]).default(512).describe('Logical sector in bytes: 512 or 4096.'),
    fedBy: channelRef('The lab board and channel whose relay feeds it: BOARD:CHANNEL').meta({ type: 'string' }),
    contact: z
      .enum(['NO', 'NC'])
      .optional()
      .describe('Contact that feeds it; left out: as the rail of that channel is wired (its contact and invert).'),
    // It is held in memory.
    cache: size('Volatile write cache', { min: 0, max: 4 * 2 ** 30 }).prefault('8MiB'),
    killModel: z
      .enum(['keep-drop', 'drop', 'keep', 'mixed'])
      .default('keep-drop')
      .describe(
        'What a cut does to the cache: keep-drop (each write by chance), drop (all lost), keep (none lost), mixed (one of the three, drawn for each cut).',
      ),
    keepProbability: chance('keep-drop: chance that an unflushed write survives').prefault(0.5),
    tearProbability: chance('Chance that an unflushed write that survives is torn at 512 bytes').prefault(0),
    holdUp: duration('How long the supply holds after the relay has switched', { min: 0, max: 60_000 }).prefault('0s'),
    vanish: z.boolean().default(false).describe('The device node vanishes while dark.'),
    silent: z
      .enum(['fail', 'retry'])
      .optional()
      .describe(
        'While dark nothing is answered, as by an array behind a network. With the power back, what waited fails (fail) or is done after all (retry); left out: everything fails at once.',
      ),
    faults: z
      .array(z.looseObject({ class: name('Fault class; `plugpull lab faults` lists them with their options') }))
      .max(1024)
      .default([])
      .describe(`Faults to inject, by class: ${FAULT_CLASSES.join(', ')}.`),
  })
  .superRefine(({ vanish, silent }, ctx) => {
    if (vanish && silent !== undefined)
      refuse(ctx, 'not with vanish: what has no node fails at once', 'delete one of the two', ['silent']);
  });

const labBoardSchema = z.strictObject({
  protocol: name('Wire protocol it speaks; left out: the type of the board that uses it').optional(),
  channels: count('Relays; left out: as many as the board that uses it', { min: 1, max: CHANNELS_MAX }).optional(),
  contactDelay: duration('From the command to the moving contact', { min: 0, max: 10_000 }).prefault('10ms'),
  options: optionsSchema.describe('Quirks and misbehaviour.'),
});

/** Each is a process's worth of file descriptors and a loop device. */
const LAB_THINGS_MAX = 64;
const atMost = <T extends z.ZodType<Record<string, unknown>>>(schema: T) =>
  schema.refine((v) => Object.keys(v).length <= LAB_THINGS_MAX, `at most ${LAB_THINGS_MAX} of them`);

export const labSchema = z.strictObject({
  seed: count('Same seed, same damage', { min: 0, max: Number.MAX_SAFE_INTEGER }).prefault(1),
  disks: atMost(z.record(nameKey, labDiskSchema)).default({}),
  boards: atMost(z.record(nameKey, labBoardSchema)).default({}),
});

export type LabProfile = z.output<typeof labSchema>;
