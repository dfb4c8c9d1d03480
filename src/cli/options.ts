/** Options shared by commands, each read and checked in one place. */
import { InvalidArgumentError, Option } from 'commander';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { readFileSync } from 'node:fs';

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

/** A profile with the command line's wishes in it: what is run is what the run directory records. */

export interface CampaignOverrides {
  cycles?: number;
  seed?: number;
}

/** `--seed` seeds the virtual lab's kills and faults too: one number replays the whole run. */
export function effectiveRig(rig: ResolvedRig, overrides: CampaignOverrides): ResolvedRig {
  const seed = overrides.seed ?? rig.campaign.seed;
  return {
    ...rig,
    campaign: { ...rig.campaign, seed, cycles: overrides.cycles ?? rig.campaign.cycles },
    lab: rig.lab === null || overrides.seed === undefined ? rig.lab : { ...rig.lab, seed },
  };
}

/** From package.json, which lies above both src/cli and dist/cli. */
export function plugpullVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
