/**
 * The whole profile. From this one schema come the checks, the defaults, the types and `rigs/schema.json`.
 */
import { z } from 'zod';
import { areaSchema, journalSchema } from './areas.js';
import { campaignSchema } from './campaign.js';
import { labSchema } from './lab.js';
import { modeSchema, regionSizeSchema, trackingSchema, workloadSchema } from './load.js';
import { boardsSchema, boardTypesSchema, railsSchema } from './power.js';
import { name } from './words.js';

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
