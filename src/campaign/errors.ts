/** Errors of a campaign. Codes are stable; the message has the value, the limit and the next step. */
import { PlugpullError } from '../base/plugpullError.js';

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

export class CampaignError extends PlugpullError<CampaignErrorCode> {}

/** Message of any thrown value. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Stable code of any thrown value; `UNKNOWN` when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
