/** Virtual disks and virtual boards of a profile. */
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
    size: size('Size of the disk', { min: MiB, max: 4 * TiB, multipleOf: 4 * KiB }),
    sectorSize: z.literal([512, 4096]).default(512).describe('Logical sector size in bytes; 512 or 4096.'),
    fedBy: channelRef('The lab board and channel whose relay feeds the disk; BOARD:CHANNEL.').meta({ type: 'string' }),
    contact: z
      .enum(['NO', 'NC'])
      .optional()
      .describe('Contact that feeds the disk; NO or NC; default: that of the rail on this channel.'),
    // The cache is in memory.
    cache: size('Volatile write cache', { min: 0, max: 4 * 2 ** 30 }).prefault('8MiB'),
    killModel: z
      .enum(['keep-drop', 'drop', 'keep', 'mixed'])
      .default('keep-drop')
      .describe(
        'What a cut does to the cache; keep-drop (each write survives by chance), drop (all are lost), keep (none is lost) or mixed (one of the three for each cut).',
      ),
    keepProbability: chance('For keep-drop: how likely an unflushed write survives').prefault(0.5),
    tearProbability: chance('How likely a surviving unflushed write is torn at 512 bytes').prefault(0),
    holdUp: duration('How long the disk works on after the relay has switched', { min: 0, max: 60_000 }).prefault('0s'),
    vanish: z.boolean().default(false).describe('Whether the device node vanishes while the power is off.'),
    silent: z
      .enum(['fail', 'retry'])
      .optional()
      .describe(
        'The disk answers no I/O while the power is off, like an array behind a network; when the power is back, the waiting I/O fails (fail) or completes (retry); default: I/O fails at once.',
      ),
    faults: z
      .array(z.looseObject({ class: name('Fault class; `plugpull lab faults` lists them with their options.') }))
      .max(1024)
      .default([])
      .describe(`Faults to inject, by class: ${FAULT_CLASSES.join(', ')}.`),
  })
  .superRefine((disk, ctx) => {
    if (disk.vanish && disk.silent !== undefined)
      refuse(ctx, 'excludes vanish: I/O to a missing node fails at once', 'delete one of the two', ['silent']);
  });

const labBoardSchema = z.strictObject({
  protocol: name('Board type whose frames it understands; default: the type of the board that uses it.').optional(),
  channels: count('Number of relays; default: as on the board that uses it', { min: 1, max: CHANNELS_MAX }).optional(),
  contactDelay: duration('From the command until the contact moves', { min: 0, max: 10_000 }).prefault('10ms'),
  options: optionsSchema.describe('Quirks of the virtual board.'),
});

/** Each disk takes file descriptors and a loop device of the host. */
const LAB_THINGS_MAX = 64;
const atMost = <T extends z.ZodType<Record<string, unknown>>>(schema: T) =>
  schema.refine((v) => Object.keys(v).length <= LAB_THINGS_MAX, `must have at most ${LAB_THINGS_MAX}`);

export const labSchema = z.strictObject({
  seed: count('Seed of cache losses and faults: the same seed gives the same damage', {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }).prefault(1),
  disks: atMost(z.record(nameKey, labDiskSchema)).default({}),
  boards: atMost(z.record(nameKey, labBoardSchema)).default({}),
});

export type LabProfile = z.output<typeof labSchema>;
