/**
 * Exit codes, and which error causes which. Decided by stable error codes and class names, never by a message. An error
 * that is not listed is an internal error, because it is a fault of plugpull.
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

/** A code decides before its class. */
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
  // The gate does not read the journal's superblock.
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

/** What `--json` prints for an error: code, exit code, the message on stderr, and each problem of a profile. */
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

/** The message; an internal error also has its stack trace. */
export function textOfError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (exitCodeOf(error) !== EXIT.internal || 'code' in error) return error.message;
  return `internal error: ${error.stack ?? error.message}`;
}

/** Sets the exit code of the process. */
export type SetExit = (code: number) => void;

/** The exit code of a campaign: README's table of exit codes. */
export function exitOfCampaign(
  result: Pick<CampaignResult, 'problem' | 'interrupted'>,
  run: Pick<Run['run'], 'verdict' | 'troubles'>,
): ExitCode {
  if (result.problem?.kind === 'internal')
    return exitCodeOf({ code: result.problem.code }) === EXIT.refused ? EXIT.refused : EXIT.internal;
  if (result.interrupted !== null) return EXIT.interrupted;
  if (run.verdict === 'FAIL') return EXIT.fail;
  // `troubles` includes power that did not return.
  return run.verdict === 'PASS' && run.troubles.length === 0 ? EXIT.pass : EXIT.invalid;
}
