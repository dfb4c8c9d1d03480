/**
 * `plugpull enrol RIG`: once, before the first run on real disks. It shows each disk and asks for its serial number; a
 * script gives `--i-mean SERIAL` for each. Then it writes a label to the end of the disk and lists the disk beside the
 * profile. A run requires both.
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
    .description(
      "permit runs to overwrite a rig's real disks: asks for the serial number of each, and writes a label to it",
    )
    .option(
      '--i-mean <serial>',
      'serial number of a disk, instead of typing it; once for each disk',
      (serial: string, all: string[] = []) => [...all, serial],
    )
    .option('--relabel', 'replace the label of another rig, role or disk')
    .option('--json', 'print JSON')
    .addOption(ffiOption())
    .action((file: string, options: EnrolOptions) => enrolRig(loadRig(file), options));
}

async function enrolRig(rig: ResolvedRig, options: EnrolOptions): Promise<void> {
  const { ffi, relabel = false, iMean = [] } = options;
  const lock = lockRig(rig.name, 'plugpull enrol');
  try {
    const file = enrolmentPath(rig.file);
    // Virtual disks need no enrolment, and so no running lab.
    const real = AREA_NAMES.filter((area) => !isLabDevice(rig[area]));
    const requests = gateQuestions(rig, null, real);
    const report = await checkGate(requests, { enrolments: loadEnrolments(file), ffi });
    const disks = disksToEnrol(report, relabel);
    if (!report.passed && disks.length === 0)
      throw new CampaignError('GATE_REFUSED', formatGate(notCuredByEnrolling(report, relabel)));
    refuseUnused(disks, iMean);
    // Every disk is confirmed before the first is labeled: a run needs all of them.
    for (const disk of disks) {
      if (!isConfirmed(disk, await askFor(disk, rig, iMean))) {
        throw new CampaignError(
          'GATE_REFUSED',
          `${disk.role} ${disk.identity.path} is not enrolled: the serial number does not match; nothing was changed. Give ${disk.confirmation} if you mean this disk`,
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
    printEnrolled(disks, file, options);
  } finally {
    lock.release();
  }
}

/** Refuses a serial number of no disk of this rig, because it is a mistake. */
function refuseUnused(disks: readonly DiskToEnrol[], serials: readonly string[]): void {
  const unknown = serials.find((serial) => !disks.some((disk) => isConfirmed(disk, serial)));
  if (unknown !== undefined) {
    const known = disks.map((disk) => disk.confirmation).join(', ');
    throw new CampaignError(
      'GATE_REFUSED',
      `no disk to enrol has the serial number "${unknown}"; ${known === '' ? 'no disk needs enrolment' : `those to enrol have ${known}`}`,
    );
  }
}

function askFor(disk: DiskToEnrol, rig: ResolvedRig, iMean: readonly string[]): Promise<string> {
  if (iMean.length === 0) return askTerminal(disk, rig);
  return Promise.resolve(iMean.find((serial) => isConfirmed(disk, serial)) ?? '');
}

async function askTerminal(disk: DiskToEnrol, rig: ResolvedRig): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError(
      `stdin is no terminal to type a serial number at; give --i-mean ${disk.confirmation} if you mean ${disk.identity.path}`,
    );
  print(`\n${introduce(disk, rig[disk.role].sizeBytes)}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(`Type its serial number (${disk.confirmation}): `);
  } finally {
    terminal.close();
  }
}

/** `limit`: the area's size in the profile; runs write no further. */
function introduce({ role, identity, replaces }: DiskToEnrol, limit = Number.POSITIVE_INFINITY): string {
  const { path, model, sizeBytes, kernelName } = identity;
  const lines = [
    `${role}: ${path}`,
    `  ${model ?? 'unknown model'}, ${formatBytes(sizeBytes)}, now ${kernelName}`,
    limit < identity.sizeBytes
      ? `  ITS FIRST ${formatBytes(limit)} WILL BE OVERWRITTEN by each run.`
      : '  EVERYTHING ON IT WILL BE OVERWRITTEN by each run.',
    `  Enrolling writes a label to its last ${formatBytes(LABEL_BLOCK_BYTES)} (byte ${labelOffset(sizeBytes)}), which runs do not overwrite.`,
  ];
  if (replaces !== null) lines.push(`  ITS PRESENT LABEL WILL BE REPLACED: ${replaces}.`);
  return lines.join('\n');
}

/** An error that also names the disks that are enrolled. It keeps the code of the failure. */
function halfDone(error: unknown, done: readonly DiskToEnrol[]): Error {
  const enrolled = done.map(({ role, confirmation }) => `${role} ${confirmation}`).join(', ');
  const text = `${textOf(error)}\nEnrolled: ${enrolled}. Run enrol again; it asks for the other disks only.`;
  return Object.assign(new Error(text, { cause: error }), {
    name: (error as Error).name,
    code: (error as { code?: string }).code,
  });
}

function printEnrolled(disks: readonly DiskToEnrol[], file: string, options: EnrolOptions): void {
  const labeled = disks.map(({ role, confirmation, identity, replaces }) => ({
    role,
    serial: confirmation,
    labelOffset: labelOffset(identity.sizeBytes),
    replaced: replaces,
  }));
  if (options.json) return printJson({ file, enrolled: labeled });
  if (disks.length === 0)
    print(
      'nothing to enrol: every disk is enrolled, or needs no enrolment (virtual disks, loop devices over a named file)',
    );
  else
    print(`labeled, and enrolled in ${file}: ${disks.map((disk) => `${disk.role} ${disk.confirmation}`).join(', ')}`);
}
