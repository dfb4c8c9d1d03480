/** `plugpull doctor [RIG]`: can this host do it, and what would mend it? */
import type { Command } from 'commander';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import type { Check } from './doctor/check.js';
import { hostChecks } from './doctor/hostChecks.js';
import { rigChecks } from './doctor/rigChecks.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { ffiOption, print, printJson, type FfiName } from './options.js';

interface DoctorOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addDoctor(program: Command, setExit: SetExit): void {
  program
    .command('doctor [rig]')
    .description('can this host do it? what to install')
    .option('--json', 'for programs')
    .addOption(ffiOption())
    .action(async (file: string | undefined, options: DoctorOptions) => {
      const rig = file === undefined ? null : loadRig(file);
      const checks = [...hostChecks(options.ffi, rig), ...(rig === null ? [] : await rigChecks(rig, options.ffi))];
      if (options.json) printJson(checks);
      else print(`${formatChecks(checks)}\n\n${conclusion(checks, rig)}`);
      if (checks.some((c) => c.state === 'missing')) setExit(EXIT.invalid);
    });
}

function conclusion(checks: readonly Check[], rig: ResolvedRig | null): string {
  const count = (state: Check['state']): number => checks.filter((c) => c.state === state).length;
  const what = rig === null ? 'plugpull' : `rig ${rig.name}`;
  if (count('missing') > 0) return `${what} can't run here: ${count('missing')} missing, see "mend"`;
  return count('lacking') === 0
    ? `${what} can run here`
    : `${what} can run here, but for what is said to be lacking (${count('lacking')})`;
}

function formatChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((c) => c.name.length));
  return checks
    .map(
      (c) =>
        `${c.state.padEnd(8)} ${c.name.padEnd(width)}  ${c.found}${c.mend === null ? '' : `\n${' '.repeat(width + 11)}mend: ${c.mend}`}`,
    )
    .join('\n');
}
