/** Options shared by commands, each read and checked in one place. */
import { InvalidArgumentError, Option } from 'commander';
import type { FfiName } from '../device/native.js';

export type { FfiName };

const FFI_NAMES: readonly FfiName[] = ['koffi', 'ffi-napi'];

/** A whole number in [min, max]; for commander's argument parser. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`);
  };
}

/** `--ffi`, from the environment when it is not given. */
export function ffiOption(): Option {
  return new Option('--ffi <name>', 'loader of the native library').choices(FFI_NAMES).env('PLUGPULL_FFI').default('koffi');
}

/** One JSON value, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
