/** Options shared by commands, and the version. */
import { InvalidArgumentError, Option } from 'commander';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { WorkloadSpec } from '../workload/workload.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { readFileSync } from 'node:fs';

export type { FfiName };

const FFI_NAMES: readonly FfiName[] = ['koffi', 'ffi-napi'];

/** Argument parser for an integer in [min, max]. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}

/** Argument parser for a path. An unset variable of a script must not mean the working directory. */
export function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** `--ffi`, or else PLUGPULL_FFI. */
export function ffiOption(text = 'FFI binding that loads the native library'): Option {
  return new Option('--ffi <name>', text).choices(FFI_NAMES).env('PLUGPULL_FFI').default('koffi');
}

export interface CampaignOverrides {
  cycles?: number;
  seed?: number;
}

/**
 * The profile with `--cycles` and `--seed` applied, as the run directory records it. `--seed` also seeds the virtual
 * lab, so that one number repeats the run.
 */
export function effectiveRig(rig: ResolvedRig, overrides: CampaignOverrides): ResolvedRig {
  const seed = overrides.seed ?? rig.campaign.seed;
  return {
    ...rig,
    workload: seededWorkload(rig.workload, seed),
    campaign: { ...rig.campaign, seed, cycles: overrides.cycles ?? rig.campaign.cycles },
    lab: rig.lab === null || overrides.seed === undefined ? rig.lab : { ...rig.lab, seed },
  };
}

/** The places of the working set follow the seed of the campaign. */
function seededWorkload(workload: WorkloadSpec, seed: number): WorkloadSpec {
  const { within } = workload.addresses;
  if (within === undefined) return workload;
  return { ...workload, addresses: { ...workload.addresses, within: { ...within, seed } } };
}

/** From package.json, which has the same distance from src/cli and dist/cli. */
export function plugpullVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
