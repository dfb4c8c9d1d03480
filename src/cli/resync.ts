/** `plugpull resync RIG`: recovery after a crash: reads the dirty regions from the journal, copies and clears them. */
import type { Command } from 'commander';
import { loadRig } from '../rig/load.js';
import { dirtyOrigin, findingText, unlistedTexts } from '../report/findingText.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { EXIT, type ExitCode, type SetExit } from './exitCodes.js';
import { ffiOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';
import { formatBytes, formatMs, leftText } from './progressText.js';
import { withSession } from './withSession.js';

interface ResyncOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addResync(program: Command, setExit: SetExit): void {
  program
    .command('resync <rig>')
    .description('copy the dirty regions from primary to secondary, also after a crash of the bench')
    .option('--json', 'print JSON')
    .addOption(ffiOption())
    .action(async (file: string, options: ResyncOptions) => setExit(await resync(loadRig(file), options)));
}

async function resync(rig: ResolvedRig, options: ResyncOptions): Promise<ExitCode> {
  const report = await withSession(rig, options.ffi, 'resync', async ({ engine }) => {
    const recovery = await engine.recover();
    return { recovery, resync: await engine.resync() };
  });
  const { recovery, resync: copied } = report;
  if (options.json) printJson(report);
  else {
    print(
      `recovered in ${formatMs(recovery.durationMs)}: ${recovery.dirtyRegions} of ${recovery.regionCount} regions dirty (${dirtyOrigin(recovery)})`,
    );
    for (const text of [...recovery.findings.map(findingText), ...unlistedTexts(recovery)]) print(`  ${text}`);
    print(`copied ${copied.regions} regions, ${formatBytes(copied.bytes)}, in ${formatMs(copied.durationMs)}`);
    if (!copied.complete)
      print(
        `${copied.remainingRegions} regions are still dirty${leftText(copied.secondsLeft)}; run plugpull resync again`,
      );
  }
  return copied.complete ? EXIT.pass : EXIT.invalid;
}
