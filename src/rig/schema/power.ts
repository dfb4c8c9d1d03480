/** Relay boards and rails. */
import { z } from 'zod';
import { AREA_NAMES } from '../../base/areas.js';
import { count, duration } from './fields.js';
import { name, nameKey, railKey, ttyRef } from './words.js';

/** The largest boards have 64 relays; Modbus boards on one address reach 255 coils. */
export const CHANNELS_MAX = 255;

/** Settings of a board type; the power room or the lab checks them. */
export const optionsSchema = z.record(z.string(), z.unknown()).default({});

const boardSchema = z.strictObject({
  type: name('Board type: one of the catalogue (`plugpull relay boards`), or one of boardTypes.'),
  tty: ttyRef('Serial port, best under /dev/serial/by-id, or lab:NAME; required, but not for exec boards.').optional(),
  channels: count('Number of relays on the board', { min: 1, max: CHANNELS_MAX }),
  options: optionsSchema.describe('Settings of the board type: baud, address, commands, …'),
});

export const boardsSchema = z.record(nameKey, boardSchema).default({});

/** Board descriptions as in src/power/boardType.ts, which checks them. */
export const boardTypesSchema = z.record(nameKey, z.record(z.string(), z.unknown())).default({});

const railSchema = z.strictObject({
  board: name('Name of the board in boards.'),
  channels: z
    .array(count('Channel number, as printed on the board', { min: 1, max: CHANNELS_MAX }))
    .min(1)
    .max(CHANNELS_MAX)
    .describe('The channels that switch this rail; 1 to 255 of them.'),
  powers: z.array(z.enum(AREA_NAMES)).min(1).max(3).describe('The areas whose devices this rail feeds.'),
  contact: z
    .enum(['NO', 'NC'])
    .default('NO')
    .describe('Contact in use: NO (relay on: power on) or NC (relay off: power on).'),
  invert: z.boolean().default(false).describe('Whether on and off are swapped between board and relay.'),
  settle: duration('Time that contacts and supply need to come to rest', { min: 0, max: 60_000 }).prefault('50ms'),
});

export const railsSchema = z.record(railKey, railSchema).default({});

export type BoardsProfile = z.output<typeof boardsSchema>;
export type RailsProfile = z.output<typeof railsSchema>;
