/**
 * `plugpull verify RIG`: compares P and S byte for byte, and reports the dirty regions of the journal, because equal
 * copies can still be marked dirty. Writes nothing.
 */
import type { Command } from 'commander';
import { textOf } from '../campaign/errors.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { EXIT, type ExitCode, type SetExit } from './exitCodes.js';
import { inspectRig } from './inspect.js';
import { ffiOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';
import { formatBytes, formatMs } from './progressText.js';
import { withSession } from './withSession.js';

interface VerifyOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addVerify(program: Command, setExit: SetExit): void {
  program
    .command('verify <rig>')
    .description('compare primary and secondary byte for byte; writes nothing')
    .option('--json', 'print JSON')
    .addOption(ffiOption())
    .action(async (file: string, options: VerifyOptions) => setExit(await verify(loadRig(file), options)));
}

async function verify(rig: ResolvedRig, options: VerifyOptions): Promise<ExitCode> {
  const { report, journal } = await withSession(rig, options.ffi, 'verify', async ({ engine }) => ({
    report: await engine.verify(),
    journal: await journalOf(rig, options.ffi),
  }));
  if (options.json) printJson({ ...report, journal });
  else {
    print(`compared ${formatBytes(report.bytes)} in ${formatMs(report.durationMs)}`);
    if (report.equal) print('P and S are equal');
    else print(`P and S differ in ${report.differingRegions} regions, first at byte ${report.firstDifferenceBytes}`);
    print(journalText(journal, rig));
  }
  return report.equal ? EXIT.pass : EXIT.fail;
}

/** What a recovery would find, or why it is unknown. */
type JournalState =
  { dirtyRegions: number; regionCount: number; everythingDirty: boolean; needsFormat: boolean } | { unknown: string };

async function journalOf(rig: ResolvedRig, ffi: FfiName): Promise<JournalState> {
  try {
    const { dirtyRegions, regionCount, everythingDirty, needsFormat } = await inspectRig(rig, ffi);
    return { dirtyRegions, regionCount, everythingDirty, needsFormat };
  } catch (error) {
    return { unknown: textOf(error) };
  }
}

function journalText(journal: JournalState, rig: ResolvedRig): string {
  if ('unknown' in journal) return `the dirty regions of the journal are unknown: ${journal.unknown}`;
  if (journal.needsFormat) return 'this rig has no journal yet, so a recovery takes every region as dirty';
  if (journal.dirtyRegions === 0) return 'the journal has no dirty region';
  const why = journal.everythingDirty ? ' (it is damaged)' : '';
  return `the journal has ${journal.dirtyRegions} of ${journal.regionCount} regions marked dirty${why}; plugpull resync ${rig.file} copies and clears them`;
}
