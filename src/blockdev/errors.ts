/**
 * What can go wrong between plugpull and a block device. `code` is stable and what callers switch on; the message carries
 * the value, the rule it breaks and the next step. A failed I/O is not an error here: it is a completion with an errno.
 */
import { PlugpullError } from '../base/plugpullError.js';
import { getSystemErrorName } from 'node:util';

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
