/** The three devices of a rig. */

import { z } from 'zod';
import { LOG_BYTES_MAX, LOG_BYTES_MIN } from '../../tracker/journal/layout.js';
import { size } from './fields.js';
import { absolutePath, deviceRef, identity, name } from './words.js';
import { campaignSchema } from './campaign.js';
import { labSchema } from './lab.js';
import { modeSchema, regionSizeSchema, trackingSchema, workloadSchema } from './load.js';
import { boardsSchema, boardTypesSchema, railsSchema } from './power.js';
import { boardTypeSchema } from '../../power/boardType.js';
import { commonOptionsSchema } from '../../power/boards/resolveBoard.js';

const KiB = 1024;
/** 2^53 bytes and above are not exact in a number. */
const AREA_BYTES_MAX = 4 * 2 ** 50;

const areaFields = {
  device: deviceRef('Path under /dev/disk/by-id or by-path, /dev/loopN, or lab:NAME'),
  serial: identity('Serial number the device must report').optional(),
  wwn: identity('World wide name the device must report').optional(),
  backingFile: absolutePath('Loop devices: the file that must be behind it').optional(),
  size: size('Use only the first so many bytes of the device', {
    min: 4 * KiB,
    max: AREA_BYTES_MAX,
    multipleOf: 4 * KiB,
  }).optional(),
  durability: z
    .enum(['flush', 'fua'])
    .default('flush')
    .describe('How a write is made durable: flush (a flush behind it) or fua (forced on each write).'),
};

export const areaSchema = z.strictObject(areaFields);

export const journalSchema = z.strictObject({
  ...areaFields,
  // Two copies, written in units of 4 KiB, hence 8 KiB.
  logSize: size('Bytes of the log ring', { min: LOG_BYTES_MIN, max: LOG_BYTES_MAX, multipleOf: 8 * KiB }).prefault(
    '4MiB',
  ),
});

export type AreaProfile = z.output<typeof areaSchema>;
export type JournalProfile = z.output<typeof journalSchema>;

/** (MERGED)
 * The whole profile. From this one schema come the checks, the defaults, the types and `rigs/schema.json`.
 */

export const profileSchema = z.strictObject({
  schemaVersion: z.literal(1).describe('1'),
  name: name('Name of the rig; becomes file names and the `rig` label of metrics'),
  regionSize: regionSizeSchema.prefault('1MiB'),
  mode: modeSchema.default('sync'),
  primary: areaSchema.describe('The device that is copied from.'),
  secondary: areaSchema.describe('The device that is copied to.'),
  journal: journalSchema.describe('The device with log and indicators.'),
  tracking: trackingSchema.prefault({}).describe('When evidence is written and forgotten.'),
  workload: workloadSchema.prefault({}).describe('What the bench writes.'),
  boards: boardsSchema.describe('Relay boards, by name.'),
  boardTypes: boardTypesSchema.describe('Descriptions of boards that the catalogue lacks.'),
  rails: railsSchema.describe('What the relays feed, by name.'),
  campaign: campaignSchema.prefault({}).describe('What `plugpull run` does.'),
  lab: labSchema.optional().describe('Virtual disks and boards; left out on a real bench.'),
});

export type Profile = z.output<typeof profileSchema>;
export type Section = keyof Profile;

/** (MERGED)
 * The profile schema for editors (`rigs/schema.json`): completion, descriptions and the checks of single fields. What a
 * profile's own schema leaves to the boards' folder is described here as that folder reads it: board descriptions whole,
 * board options as far as all boards on a tty share them.
 */

type Json = Record<string, unknown>;

const toJson = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline' });

export function rigJsonSchema(): string {
  const { $schema, ...rest } = toJson(profileSchema);
  at(rest, ['properties', 'boardTypes']).additionalProperties = fragment(boardTypeSchema);
  const { properties } = fragment(commonOptionsSchema);
  Object.assign(at(rest, ['properties', 'boards', 'additionalProperties', 'properties', 'options']), { properties });
  return `${JSON.stringify({ $schema, title: 'plugpull rig profile', ...rest }, null, 2)}\n`;
}

/** A schema that stands inside another one. */
function fragment(schema: z.ZodType): Json {
  const json = toJson(schema);
  delete json.$schema;
  return json;
}

function at(json: Json, path: readonly string[]): Json {
  return path.reduce((inner, key) => inner[key] as Json, json);
}
