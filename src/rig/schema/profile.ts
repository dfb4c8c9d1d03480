/**
 * The schema of a profile, with its three areas. The checks, the defaults, the types and `rigs/schema.json` are made
 * from it.
 */

import { z } from 'zod';
import { LOG_BYTES_MAX, LOG_BYTES_MIN } from '../../tracker/journal/layout.js';
import { size } from './fields.js';
import { absolutePath, deviceRef, identity, name } from './words.js';
import { campaignSchema } from './campaign.js';
import { labSchema } from './lab.js';
import { modeSchema, regionSizeSchema, resyncSchema, trackingSchema, workloadSchema } from './load.js';
import { boardsSchema, boardTypesSchema, railsSchema } from './power.js';
import { boardTypeSchema } from '../../power/boardType.js';
import { commonOptionsSchema } from '../../power/boards/resolveBoard.js';

const KiB = 1024;
/** A number is exact only below 2^53 bytes, which is 8 PiB. */
const AREA_BYTES_MAX = 4 * 2 ** 50;

const areaFields = {
  device: deviceRef('Path under /dev/disk/by-id or by-path, /dev/loopN, or lab:NAME.'),
  serial: identity('Serial number that the device must report; a disk needs serial or wwn.').optional(),
  wwn: identity('World wide name that the device must report.').optional(),
  backingFile: absolutePath('For a loop device, which needs it: its backing file.').optional(),
  size: size('Bytes to use from the start of the device; default: all', {
    min: 4 * KiB,
    max: AREA_BYTES_MAX,
    multipleOf: 4 * KiB,
  }).optional(),
  durability: z
    .enum(['flush', 'fua'])
    .default('flush')
    .describe('How a write becomes durable; flush (a flush after it) or fua (each write is forced).'),
};

export const areaSchema = z.strictObject(areaFields);

export const journalSchema = z.strictObject({
  ...areaFields,
  // Two copies, written in units of 4 KiB, hence 8 KiB.
  logSize: size('Bytes of the log', { min: LOG_BYTES_MIN, max: LOG_BYTES_MAX, multipleOf: 8 * KiB }).prefault('4MiB'),
});

export type AreaProfile = z.output<typeof areaSchema>;
export type JournalProfile = z.output<typeof journalSchema>;

export const profileSchema = z.strictObject({
  schemaVersion: z.literal(1).describe('Version of this format; 1.'),
  name: name('Name of the rig, for file names and the `rig` label of metrics.'),
  regionSize: regionSizeSchema.prefault('1MiB'),
  mode: modeSchema.default('sync'),
  primary: areaSchema.describe('The device that resync copies from.'),
  secondary: areaSchema.describe('The device that resync copies to.'),
  journal: journalSchema.describe('The device with log and indicator area.'),
  tracking: trackingSchema.prefault({}).describe('When evidence is written and released.'),
  resync: resyncSchema.prefault({}).describe('How much of the devices resync takes.'),
  workload: workloadSchema.prefault({}).describe('What the bench writes.'),
  boards: boardsSchema.describe('Relay boards, by name.'),
  boardTypes: boardTypesSchema.describe('Descriptions of boards that the catalogue lacks.'),
  rails: railsSchema.describe('Rails by name: the relays that switch them, and the areas that they feed.'),
  campaign: campaignSchema.prefault({}).describe('What `plugpull run` does.'),
  lab: labSchema.optional().describe('Virtual disks and boards; absent on a real bench.'),
});

export type Profile = z.output<typeof profileSchema>;
export type Section = keyof Profile;

type Json = Record<string, unknown>;

const toJson = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline' });

/**
 * The schema for editors, `rigs/schema.json`: completion, descriptions and the checks of single fields. It contains the
 * power room's schema of board descriptions and of the options that all boards on a tty share.
 */
export function rigJsonSchema(): string {
  const { $schema, ...rest } = toJson(profileSchema);
  at(rest, ['properties', 'boardTypes']).additionalProperties = fragment(boardTypeSchema);
  const { properties } = fragment(commonOptionsSchema);
  Object.assign(at(rest, ['properties', 'boards', 'additionalProperties', 'properties', 'options']), { properties });
  describeDefaults(rest);
  return `${JSON.stringify({ $schema, title: 'plugpull rig profile', ...rest }, null, 2)}\n`;
}

/** Adds the default to each description: editors show that line, and not every editor shows `default`. */
function describeDefaults(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  for (const value of Object.values(json)) describeDefaults(value);
  const { description, default: value } = json as Json;
  if (typeof description !== 'string' || value === undefined || description.includes('default:')) return;
  if (typeof value === 'object' && !Array.isArray(value)) return;
  const text = Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
  (json as Json).description = `${description.replace(/\.$/, '')}; default: ${text}.`;
}

/** A schema that is part of another one. */
function fragment(schema: z.ZodType): Json {
  const json = toJson(schema);
  delete json.$schema;
  return json;
}

function at(json: Json, path: readonly string[]): Json {
  return path.reduce((inner, key) => inner[key] as Json, json);
}
