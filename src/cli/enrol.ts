/**
 * `plugpull enrol RIG`: once, before the first run on real disks. Shows each disk and has its serial typed; a script
 * says `--i-mean SERIAL` for each. Then the disk is labelled at its end, and listed beside the profile: a run wants
 * both.
 */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { isLabDevice } from '../rig/schema/words.js';
import { AREA_NAMES } from '../base/areas.js';
import { gateQuestions } from '../campaign/session/places.js';
import { CampaignError, textOf } from '../campaign/errors.js';
import { lockRig } from '../campaign/session/rigLock.js';
import { enrolmentPath, loadEnrolments } from '../gate/enrolment.js';
import { disksToEnrol, enrolDisks, isConfirmed, notCuredByEnrolling, type DiskToEnrol } from '../gate/enrolDisks.js';
import { checkGate } from '../gate/gate.js';
import { formatGate } from '../gate/gateReport.js';
import { LABEL_BLOCK_BYTES, labelOffset } from '../gate/label.js';
import { loadRig } from '../rig/load.js';
import { type ResolvedRig, rigFields, rigUuid } from '../rig/resolved.js';
import { UsageError } from '../base/plugpullError.js';
import { ffiOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';
import { formatBytes } from './progressText.js';

interface EnrolOptions {
  iMean?: string[];
  relabel?: boolean;
  json?: boolean;
  ffi: FfiName;
}

export function addEnrol(program: Command): void {
  program
    .command('enrol <rig>')
    .description("allow a rig's real disks to be overwritten: asks for the serial of each, and labels it")
    .option(
      '--i-mean <serial>',
      'confirm a disk without being asked; once for each',
      (serial: string, all: string[] = []) => [...all, serial],
    )
    .option('--relabel', 'take over disks that carry the label of another rig, role or disk')
    .option('--json', 'for programs')
    .addOption(ffiOption())
    .action((file: string, options: EnrolOptions) => enrolRig(loadRig(file), options));
}

async function enrolRig(rig: ResolvedRig, options: EnrolOptions): Promise<void> {
  const { ffi, relabel = false, iMean = [] } = options;
  const lock = lockRig(rig.name, 'plugpull enrol');
  try {
    const file = enrolmentPath(rig.file);
    // Virtual disks are nobody's: their lab need not run for it.
    const real = AREA_NAMES.filter((area) => !isLabDevice(rig[area]));
    const requests = gateQuestions(rig, null, real);
    const report = await checkGate(requests, { enrolments: loadEnrolments(file), ffi });
    const disks = disksToEnrol(report, relabel);
    if (!report.passed && disks.length === 0)
      throw new CampaignError('GATE_REFUSED', formatGate(notCuredByEnrolling(report, relabel)));
    refuseUnused(disks, iMean);
    // All or none: a rig half enrolled can't run anyway.
    for (const disk of disks) {
      if (!isConfirmed(disk, await askFor(disk, rig, iMean))) {
        throw new CampaignError(
          'GATE_REFUSED',
          `${disk.role} ${disk.identity.path} is not enrolled: its serial was not given; nothing was changed`,
          { role: disk.role },
        );
      }
    }
    const done: DiskToEnrol[] = [];
    const target = {
      file,
      rig: { uuid: rigUuid(rig), name: rig.name, fields: rigFields(rig) },
      requests,
      relabel,
      ffi,
    };
    try {
      await enrolDisks(disks, {
        ...target,
        enrolledAt: new Date().toISOString(),
        onEnrolled: (disk) => void done.push(disk),
      });
    } catch (error) {
      throw done.length === 0 ? error : halfDone(error, done);
    }
    tell(disks, file, options);
  } finally {
    lock.release();
  }
}

/** A serial that names no disk of this rig is a mistake worth stopping for. */
function refuseUnused(disks: readonly DiskToEnrol[], serials: readonly string[]): void {
  const unknown = serials.find((serial) => !disks.some((disk) => isConfirmed(disk, serial)));
  if (unknown !== undefined) {
    const known = disks.map((disk) => disk.confirmation).join(', ');
    throw new CampaignError(
      'GATE_REFUSED',
      `no disk to enrol has the serial "${unknown}"; ${known === '' ? 'none needs enrolment' : `there are: ${known}`}`,
    );
  }
}

function askFor(disk: DiskToEnrol, rig: ResolvedRig, iMean: readonly string[]): Promise<string> {
  if (iMean.length === 0) return askTerminal(disk, rig);
  return Promise.resolve(iMean.find((serial) => isConfirmed(disk, serial)) ?? '');
}

async function askTerminal(disk: DiskToEnrol, rig: ResolvedRig): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError(`nobody is at the terminal to type a serial: use --i-mean ${disk.confirmation}, if you do`);
  print(`\n${introduce(disk, rig[disk.role].sizeBytes)}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(`Type its serial number (it says ${disk.confirmation}): `);
  } finally {
    terminal.close();
  }
}

/** `limit`: the profile's size, beyond which no run writes. */
function introduce({ role, identity, replaces }: DiskToEnrol, limit = Number.POSITIVE_INFINITY): string {
  const { path, model, sizeBytes, kernelName } = identity;
  const lines = [
    `${role}: ${path}`,
    `  ${model ?? 'unknown model'}, ${formatBytes(sizeBytes)}, now ${kernelName}`,
    limit < identity.sizeBytes
      ? `  ITS FIRST ${formatBytes(limit)} WILL BE OVERWRITTEN by each run.`
      : '  EVERYTHING ON IT WILL BE OVERWRITTEN by each run.',
    `  Enrolling writes a label to its last ${formatBytes(LABEL_BLOCK_BYTES)} (byte ${labelOffset(sizeBytes)}), which runs keep off.`,
  ];
  if (replaces !== null) lines.push(`  THE LABEL OF ANOTHER IS REPLACED: ${replaces}.`);
  return lines.join('\n');
}

/** What stands is told together with what failed; the code stays that of the failure. */
function halfDone(error: unknown, done: readonly DiskToEnrol[]): Error {
  const stands = done.map(({ role, confirmation }) => `${role} ${confirmation}`).join(', ');
  const text = `${textOf(error)}\nEnrolled before that, and still: ${stands}. Run enrol again: it asks for the rest alone.`;
  return Object.assign(new Error(text, { cause: error }), {
    name: (error as Error).name,
    code: (error as { code?: string }).code,
  });
}

function tell(disks: readonly DiskToEnrol[], file: string, options: EnrolOptions): void {
  const labelled = disks.map(({ role, confirmation, identity, replaces }) => ({
    role,
    serial: confirmation,
    labelOffset: labelOffset(identity.sizeBytes),
    replaced: replaces,
  }));
  if (options.json) return printJson({ file, enrolled: labelled });
  if (disks.length === 0)
    print("nothing to enrol: every disk is enrolled, or nobody's (virtual, a loop over a named file)");
  else
    print(`labelled, and enrolled in ${file}: ${disks.map((disk) => `${disk.role} ${disk.confirmation}`).join(', ')}`);
}
