/**
 * Loads a rig profile. The result is complete and consistent. `doctor` and the safety gate check that the devices and
 * ttys in it exist. References `lab:NAME` are kept.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { checkPowerSpec } from '../power/boards/resolveBoard.js';
import { isPowerError } from '../power/errors.js';
import { type ProfileProblem, type Check, problemAt, problemsOfIssues } from './issues.js';
import { RigError, type RigProblem, formatFieldPath } from './errors.js';
import { resolveProfile } from './resolve.js';
import type { ResolvedRig, RigWarning } from './resolved.js';
import { profileSchema, type Profile } from './schema/profile.js';
import { suggestWord } from './source/nearest.js';
import { readYaml, type YamlSource } from './source/yamlSource.js';
import { checkDeviceIdentity, checkDevicesApart } from './checks/devices.js';
import { checkLabBoards, checkLabFeeds, checkLabWiring, checkLabBehavior } from './checks/lab.js';
import { checkBoards, checkCuts, checkPowered, checkRails, checkCutPoints } from './checks/power.js';
import { checkBoardTypes, checkTypesUsed } from './checks/boardTypes.js';
import {
  checkAreaSizes,
  checkInFlightBytes,
  checkJournalSize,
  checkRegionCount,
  checkWritesFit,
  checkWorkingSet,
  checkFlushBeforeTimeout,
} from './checks/sizes.js';

/** A profile has a few KiB; one with a thousand boards fits. */
const FILE_BYTES_MAX = 2 ** 20;

/** Throws RigError with every problem of the file. */
export function loadRig(file: string): ResolvedRig {
  return parseRig(readText(file), file);
}

/** Like `loadRig`, from text; `file` is for messages. */
export function parseRig(text: string, file: string): ResolvedRig {
  const source = readYaml(text, file);
  const { profile, problems } = checkSections(source);
  const warnings: RigWarning[] = [];
  const report = (f: ProfileProblem): void => {
    if (f.kind === 'error') problems.push(problemAt(source, f.path, f, f.atKey));
    else warnings.push({ field: formatFieldPath(f.path), text: `${f.rule}: ${f.next}` });
  };
  for (const check of CHECKS) check(profile, report);
  if (problems.length > 0) throw new RigError('RIG_INVALID', problems);
  const rig = resolveProfile(profile as Profile, file, warnings);
  refuseAsPowerDoes(rig, source);
  return rig;
}

/** The checks report the place of a mistake. A mistake that they do not know is still found by `checkPowerSpec`. */
function refuseAsPowerDoes(rig: ResolvedRig, source: YamlSource): void {
  try {
    checkPowerSpec(rig);
  } catch (error) {
    if (!isPowerError(error)) throw error;
    const { board, rail } = error.context;
    const path = rail !== undefined ? ['rails', rail] : board !== undefined ? ['boards', board] : ['boardTypes'];
    const rule = error.message.replace(/\s*\n\s*/g, ' ');
    throw new RigError('RIG_INVALID', [
      problemAt(source, path, { rule, next: '`plugpull relay boards` lists all types' }, true),
    ]);
  }
}

/** Parses each section by itself, so that the valid ones can still be checked against each other. */
function checkSections(source: YamlSource): { profile: Partial<Profile>; problems: RigProblem[] } {
  const profile: Record<string, unknown> = {};
  const problems: RigProblem[] = [];
  for (const [section, schema] of Object.entries(profileSchema.shape)) {
    const result = schema.safeParse(source.value[section]);
    if (result.success) profile[section] = result.data;
    else problems.push(...problemsOfIssues(source, schema, [section], result.error.issues));
  }
  const known = Object.keys(profileSchema.shape);
  for (const key of Object.keys(source.value).filter((k) => !known.includes(k))) {
    problems.push(problemAt(source, [key], { rule: 'the field does not exist', next: suggestWord(key, known) }, true));
  }
  return { profile, problems };
}

function readText(file: string): string {
  const refuse = (rule: string, next: string): RigError =>
    new RigError('RIG_FILE', [
      { file: file === '' ? '""' : file, line: 0, column: 0, field: '', value: null, rule, next },
    ]);
  let fd: number;
  try {
    // O_NONBLOCK: without it, open would wait for a writer if the path is a FIFO.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code ?? String(e);
    if (code === 'ENOENT') throw refuse('the file does not exist', 'correct the path; examples are in rigs/');
    throw refuse(`the file cannot be opened (${code})`, 'check its path and permissions');
  }
  try {
    if (!fstatSync(fd).isFile()) throw refuse('is not a regular file', 'name a rig profile');
    const bytes = readUpTo(fd, FILE_BYTES_MAX + 1);
    if (bytes.length > FILE_BYTES_MAX) throw refuse('is larger than 1 MiB', 'name a rig profile');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw refuse('is not UTF-8', 'save it as UTF-8');
    }
  } finally {
    closeSync(fd);
  }
}

function readUpTo(fd: number, limit: number): Uint8Array {
  const buffer = new Uint8Array(limit);
  let length = 0;
  for (;;) {
    const n = readSync(fd, buffer, length, limit - length, length);
    length += n;
    if (n === 0 || length === limit) return buffer.subarray(0, length);
  }
}

/** Every check across sections, in the order in which a profile is read. */
export const CHECKS: readonly Check[] = [
  checkDeviceIdentity,
  checkDevicesApart,
  checkAreaSizes,
  checkRegionCount,
  checkWritesFit,
  checkWorkingSet,
  checkInFlightBytes,
  checkJournalSize,
  checkFlushBeforeTimeout,
  checkBoardTypes,
  checkBoards,
  checkTypesUsed,
  checkRails,
  checkPowered,
  checkCuts,
  checkCutPoints,
  checkLabBoards,
  checkLabFeeds,
  checkLabWiring,
  checkLabBehavior,
];
