/** Options shared by commands, each read and checked in one place. */
import { InvalidArgumentError, Option } from 'commander';
import type { FfiName } from '../blockdev/ffi/native.js';

export type { FfiName };

const FFI_NAMES: readonly FfiName[] = ['koffi', 'ffi-napi'];

/** A whole number in [min, max]; for commander's argument parser. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** A path; for commander's argument parser. An unset variable of a script must not mean the directory one stands in. */
export function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** `--ffi`, from the environment when it is not given. */
export function ffiOption(text = 'loader of the native library'): Option {
  return new Option('--ffi <name>', text).choices(FFI_NAMES).env('PLUGPULL_FFI').default('koffi');
}

let answered = false;

/** Something was printed with `printJson`: stdout holds its one document. */
export function jsonPrinted(): boolean {
  return answered;
}

/** One JSON value, for programs. */
export function printJson(value: unknown): void {
  answered = true;
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
