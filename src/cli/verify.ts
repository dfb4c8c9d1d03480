/** `plugpull verify RIG`: compares P and S byte for byte. Writes nothing to them. */
import type { Command } from 'commander';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { EXIT, type ExitCode } from './exitCodes.js';
import { ffiOption, print, printJson, type FfiName } from './options.js';
import type { SetExit } from './program.js';
import { formatBytes, formatMs } from './progressText.js';
import { withSession } from './withSession.js';

interface VerifyOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addVerify(program: Command, setExit: SetExit): void {
  program
    .command('verify <rig>')
    .description('compare P and S byte for byte')
    .option('--json', 'for programs')
    .addOption(ffiOption())
    .action(async (file: string, options: VerifyOptions) => setExit(await verify(loadRig(file), options)));
}

async function verify(rig: ResolvedRig, options: VerifyOptions): Promise<ExitCode> {
  const report = await withSession(rig, options.ffi, 'verify', ({ engine }) => engine.verify());
  if (options.json) printJson(report);
  else {
    print(`compared ${formatBytes(report.bytes)} in ${formatMs(report.durationMs)}`);
    if (report.equal) print('P and S are equal');
    else print(`P and S differ in ${report.differingRegions} regions, first at byte ${report.firstDifferenceBytes}`);
  }
  return report.equal ? EXIT.pass : EXIT.fail;
}
