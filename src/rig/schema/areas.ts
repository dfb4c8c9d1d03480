/** The three devices of a rig. */
import { z } from 'zod';
import { LOG_BYTES_MAX, LOG_BYTES_MIN } from '../../tracker/journal/layout.js';
import { size } from './fields.js';
import { absolutePath, deviceRef, identity } from './words.js';

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
