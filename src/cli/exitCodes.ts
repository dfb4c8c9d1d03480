/**
 * Exit codes, and which error means which. Switched on stable codes and class names, never on a message. A code that
 * is not listed is an internal error: that is what a mistake of ours must look like.
 */
import { CommanderError } from 'commander';
import type { CampaignResult } from '../campaign/campaignTypes.js';
import type { Run } from '../report/runRecord.js';

export const EXIT = {
  pass: 0,
  fail: 1,
  usage: 2,
  invalid: 3,
  refused: 4,
  internal: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where a class has one meaning, the class decides; where its codes differ, the code. */
const BY_CODE: Record<string, ExitCode> = {
  RUN_DIR_NOT_EMPTY: EXIT.usage,
  RUN_DIR_LINK: EXIT.usage,
  CALIBRATION_INVALID: EXIT.usage,
  NOTHING_TO_CUT: EXIT.usage,
  RIG_BUSY: EXIT.refused,
  GATE_REFUSED: EXIT.refused,
  DEVICE_BUSY: EXIT.refused,
  DEVICE_MISSING: EXIT.refused,
  DEVICE_NOT_BLOCK: EXIT.refused,
  DEVICE_PERMISSION: EXIT.refused,
  DEVICE_READ_ONLY: EXIT.refused,
  DEVICE_NOT_LABELLED: EXIT.refused,
  DEVICE_CHANGED: EXIT.refused,
  STATE_DIR_NOT_WRITABLE: EXIT.refused,
  LAB_NO_PERMISSION: EXIT.refused,
  DEVICE_ENROLMENT_INVALID: EXIT.usage,
  DEVICE_OPEN_FAILED: EXIT.invalid,
  DEVICE_IDENTIFY_FAILED: EXIT.invalid,
  DEVICE_READ_FAILED: EXIT.invalid,
  DEVICE_LABEL_FAILED: EXIT.invalid,
  ENGINE_DEVICE: EXIT.refused,
  // What the gate can't know: the journal's own label.
  WRONG_JOURNAL: EXIT.refused,
  JOURNAL_TOO_SMALL: EXIT.refused,
  OTHER_VERSION: EXIT.refused,
  ENGINE_AREA_LOST: EXIT.invalid,
  LAB_NOT_RUNNING: EXIT.invalid,
  LAB_DISK_UNKNOWN: EXIT.invalid,
  LAB_BOARD_UNKNOWN: EXIT.invalid,
  HARDWARE_FAILED: EXIT.invalid,
  INTERRUPTED: EXIT.interrupted,
  LAB_BAD_NAME: EXIT.usage,
  LAB_BAD_SPEC: EXIT.usage,
  LAB_BAD_FAULT: EXIT.usage,
  LAB_NOT_BUILT: EXIT.internal,
  BAD_BOARD_TYPE: EXIT.usage,
  BAD_SPEC: EXIT.usage,
  UNKNOWN_RAIL: EXIT.usage,
  METRICS_PORT_IN_USE: EXIT.usage,
};

const BY_CLASS: Record<string, ExitCode> = {
  RigError: EXIT.usage,
  UsageError: EXIT.usage,
  PowerError: EXIT.invalid,
  LabError: EXIT.invalid,
  MetricsError: EXIT.usage,
  ReportError: EXIT.usage,
  ExploreError: EXIT.usage,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && Object.hasOwn(BY_CODE, code)) return BY_CODE[code];
  if (typeof name === 'string' && Object.hasOwn(BY_CLASS, name)) return BY_CLASS[name];
  return EXIT.internal;
}

/**
 * What `--json` prints of an error: its stable code, the message that stderr has too, and of a profile each problem.
 */
export function errorRecord(error: unknown, exitCode: ExitCode): Record<string, unknown> {
  if (error instanceof CommanderError)
    return { code: 'USAGE', exitCode, message: error.message.replace(/^error: /, '') };
  const { code, problems } = error as { code?: unknown; problems?: unknown };
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    exitCode,
    message: textOfError(error),
    ...(Array.isArray(problems) ? { problems } : {}),
  };
}

/** Errors that a person can do something about are told in their own words; the others with where they came from. */
export function textOfError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (exitCodeOf(error) !== EXIT.internal || 'code' in error) return error.message;
  return `internal error: ${error.stack ?? error.message}`;
}

/** Given to each command: the code with which the process is to end. */
export type SetExit = (code: number) => void;

/** What a campaign's end is to a shell (pure): README's table of exit codes. */

export function exitOfCampaign(
  result: Pick<CampaignResult, 'problem' | 'interrupted'>,
  run: Pick<Run['run'], 'verdict' | 'troubles'>,
): ExitCode {
  if (result.problem?.kind === 'internal')
    return exitCodeOf({ code: result.problem.code }) === EXIT.refused ? EXIT.refused : EXIT.internal;
  if (result.interrupted !== null) return EXIT.interrupted;
  if (run.verdict === 'FAIL') return EXIT.fail;
  // Power that did not come back is among the troubles.
  return run.verdict === 'PASS' && run.troubles.length === 0 ? EXIT.pass : EXIT.invalid;
}
