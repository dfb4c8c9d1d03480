/**
 * What can go wrong in a campaign. Codes are stable; the message carries the value, the rule and the next step.
 */
export type CampaignErrorCode =
  | 'RUN_DIR_NOT_EMPTY'
  | 'RUN_DIR_NOT_WRITABLE'
  | 'RUN_DIR_FULL'
  | 'RUN_DIR_LINK'
  | 'RIG_BUSY'
  | 'STATE_DIR_NOT_WRITABLE'
  | 'NOTHING_TO_CUT'
  | 'CALIBRATION_INVALID'
  | 'LAB_NOT_RUNNING'
  | 'LAB_DISK_UNKNOWN'
  | 'LAB_BOARD_UNKNOWN'
  | 'GATE_REFUSED'
  | 'DEVICE_BUSY'
  | 'HARDWARE_FAILED'
  | 'INTERNAL'
  | 'INTERRUPTED';

export class CampaignError extends Error {
  override readonly name = 'CampaignError';
  readonly code: CampaignErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: CampaignErrorCode, message: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.context = context;
  }
}

/** The text of anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable code of anything that was thrown, `UNKNOWN` when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
