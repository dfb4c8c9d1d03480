/**
 * Errors of this room. Callers switch on the stable `code`; the message carries the value, the rule that it breaks and
 * the next step. A failed I/O throws no error: it is a completion with an errno.
 */
import { getSystemErrorName } from 'node:util';
import { PlugpullError } from '../base/plugpullError.js';

export type DeviceErrorCode =
  | 'DEVICE_CLOSED'
  | 'DEVICE_MISSING'
  | 'DEVICE_BUSY'
  | 'DEVICE_PERMISSION'
  | 'DEVICE_READ_ONLY'
  | 'DEVICE_NOT_BLOCK'
  | 'DEVICE_OPEN_FAILED'
  | 'DEVICE_IDENTIFY_FAILED'
  | 'DEVICE_READ_FAILED'
  | 'DEVICE_ENGINE_FAILED'
  | 'DEVICE_NATIVE_MISSING'
  | 'DEVICE_NATIVE_MISMATCH'
  | 'DEVICE_FFI_MISSING'
  | 'DEVICE_ENROLMENT_INVALID'
  | 'DEVICE_NOT_LABELLED'
  | 'DEVICE_LABEL_FAILED'
  | 'DEVICE_CHANGED';

export class DeviceError extends PlugpullError<DeviceErrorCode> {}

export function isDeviceError(error: unknown, code?: DeviceErrorCode): error is DeviceError {
  return error instanceof DeviceError && (code === undefined || error.code === code);
}

/** `EBUSY` for -16 or 16. */
export function errnoName(errno: number): string {
  return getSystemErrorName(-Math.abs(errno));
}
