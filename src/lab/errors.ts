/** The error class of the virtual lab. Callers switch on `code`, which is stable. */
import { PlugpullError } from '../base/plugpullError.js';

export type LabErrorCode =
  | 'LAB_BAD_NAME'
  | 'LAB_BAD_SPEC'
  | 'LAB_BAD_FAULT'
  | 'LAB_NOT_BUILT'
  | 'LAB_NO_PERMISSION'
  | 'LAB_NO_FUSE'
  | 'LAB_NO_LOOP'
  | 'LAB_MOUNT_FAILED'
  | 'LAB_PTY_FAILED'
  | 'LAB_IMAGE_FAILED'
  | 'LAB_BUSY'
  | 'LAB_OTHER_SPEC'
  | 'LAB_START_FAILED'
  | 'LAB_STOP_FAILED';

export class LabError extends PlugpullError<LabErrorCode> {}

/** An error as the lab process reports it to its starter. */
export interface LabErrorRecord {
  code: LabErrorCode;
  message: string;
  context: Record<string, unknown>;
}

export function toRecord(error: unknown): LabErrorRecord {
  if (error instanceof LabError) return { code: error.code, message: error.message, context: { ...error.context } };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'LAB_START_FAILED', message: text, context: {} };
}
