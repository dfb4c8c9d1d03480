/**
 * `plugpull enrol RIG`: once, before the first run on real disks. Shows each disk and has its serial typed; a script says
 * `--i-mean SERIAL` for each. Kept beside the profile; nothing is written to a disk.
 */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { gateQuestions, usesLab } from '../campaign/places.js';
import { CampaignError } from '../campaign/errors.js';
import { realHost } from '../campaign/realHost.js';
import { lockRig } from '../campaign/rigLock.js';
import { enrol, enrolmentPath, loadEnrolments } from '../device/enrolment.js';
import { disksToEnrol, isConfirmed, type DiskToEnrol } from '../device/enrolDisks.js';
import { checkGate } from '../device/gate.js';
import { formatGate } from '../device/gateFormat.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { UsageError } from './exitCodes.js';
import { print, printJson } from './options.js';
import { formatBytes } from './progressText.js';

interface EnrolOptions {
  iMean: string[];
  json?: boolean;
}

export function addEnrol(program: Command): void {
  program
    .command('enrol <rig>')
    .description('allow a rig\'s real disks to be overwritten: asks for the serial of each')
    .option('--i-mean <serial>', 'confirm a disk without being asked; once for each', (serial: string, all: string[]) => [...all, serial], [])
    .option('--json', 'for programs')
    .action((file: string, options: EnrolOptions) => enrolRig(loadRig(file), options));
}

async function enrolRig(rig: ResolvedRig, options: EnrolOptions): Promise<void> {
  const lock = lockRig(rig.name, 'plugpull enrol');
  try {
    const file = enrolmentPath(rig.file);
    const lab = usesLab(rig) ? await realHost.labView(rig.name) : null;
    const report = await checkGate(gateQuestions(rig, lab), { enrolments: loadEnrolments(file) });
    const disks = disksToEnrol(report);
    if (!report.passed && disks.length < report.findings.length) throw new CampaignError('GATE_REFUSED', formatGate(report));
    refuseUnused(disks, options.iMean);
    const ask = options.iMean.length === 0 ? askTerminal : (disk: DiskToEnrol) => Promise.resolve(options.iMean.find((serial) => isConfirmed(disk, serial)) ?? '');
    // All or none: a rig half enrolled can't run anyway.
    for (const disk of disks) {
      if (!isConfirmed(disk, await ask(disk))) {
        throw new CampaignError('GATE_REFUSED', `${disk.role} ${disk.identity.path} is not enrolled: its serial was not given; nothing was changed`, { role: disk.role });
      }
    }
    for (const { identity } of disks) enrol(file, identity, new Date().toISOString());
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
    throw new CampaignError('GATE_REFUSED', `no disk to enrol has the serial "${unknown}"; ${known === '' ? 'none needs enrolment' : `there are: ${known}`}`);
  }
}

async function askTerminal(disk: DiskToEnrol): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError(`nobody is at the terminal to type a serial: use --i-mean ${disk.confirmation}, if you do`);
  const { role, identity } = disk;
  print(`\n${role}: ${identity.path}\n  ${identity.model ?? 'unknown model'}, ${formatBytes(identity.sizeBytes)}, now ${identity.kernelName}\n  EVERYTHING ON IT WILL BE OVERWRITTEN by each run.`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(`Type its serial number (it says ${disk.confirmation}): `);
  } finally {
    terminal.close();
  }
}

function tell(disks: readonly DiskToEnrol[], file: string, options: EnrolOptions): void {
  if (options.json) return printJson({ file, enrolled: disks.map(({ role, confirmation }) => ({ role, serial: confirmation })) });
  if (disks.length === 0) print('nothing to enrol: every disk is enrolled, or nobody\'s (virtual, a loop over a named file)');
  else print(`enrolled in ${file}: ${disks.map((disk) => `${disk.role} ${disk.confirmation}`).join(', ')}`);
}
