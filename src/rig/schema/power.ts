/** Relay boards, and what their channels feed. */
import { z } from 'zod';
import { AREA_NAMES } from '../../base/areas.js';
import { count, duration } from './fields.js';
import { name, nameKey, railKey, ttyRef } from './words.js';

/** The largest boards there are have 64 relays; a Modbus coil address goes to 255 with one byte's worth of boards. */
export const CHANNELS_MAX = 255;

/** Settings that another folder understands; it checks them when the thing is built. */
export const optionsSchema = z.record(z.string(), z.unknown()).default({});

const boardSchema = z.strictObject({
  type: name('A board of the catalogue (`plugpull relay boards`), or one of boardTypes'),
  tty: ttyRef('The serial port, best under /dev/serial/by-id, or lab:NAME; exec boards have none').optional(),
  channels: count('Relays on the board', { min: 1, max: CHANNELS_MAX }),
  options: optionsSchema.describe('Settings of this type of board: baud, address, commands, …'),
});

export const boardsSchema = z.record(nameKey, boardSchema).default({});

/** Descriptions of boards in the language of src/power/, checked there. */
export const boardTypesSchema = z.record(nameKey, z.record(z.string(), z.unknown())).default({});

const railSchema = z.strictObject({
  board: name('The board'),
  channels: z
    .array(count('Channel, from 1', { min: 1, max: CHANNELS_MAX }))
    .min(1)
    .max(CHANNELS_MAX)
    .describe('Relays that switch this rail, together.'),
  powers: z.array(z.enum(AREA_NAMES)).min(1).max(3).describe('What it feeds.'),
  contact: z
    .enum(['NO', 'NC'])
    .default('NO')
    .describe('Contact in use: NO, power flows when the relay is on; NC, when it is off.'),
  invert: z.boolean().default(false).describe('The board takes on for off.'),
  settle: duration('Time contacts and supply need to come to rest', { min: 0, max: 60_000 }).prefault('50ms'),
});

export const railsSchema = z.record(railKey, railSchema).default({});

export type BoardsProfile = z.output<typeof boardsSchema>;
export type RailsProfile = z.output<typeof railsSchema>;
