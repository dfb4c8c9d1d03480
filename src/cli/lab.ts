/**
 * `plugpull lab up|down|status RIG`: the virtual lab without a run, for other tools and after a crash; `lab faults`:
 * its faults.
 */
import type { Command } from 'commander';
import { listFaults, type FaultDescription } from '../lab/faults/spec.js';
import { labDown, labStatus, labUp, type LabState } from '../lab/lab.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { rigHolder } from '../campaign/session/rigLock.js';
import { CampaignError } from '../campaign/errors.js';
import { UsageError } from '../base/plugpullError.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { print, printJson } from './output.js';

interface LabOptions {
  json?: boolean;
}

export function addLab(program: Command, setExit: SetExit): void {
  const lab = program.command('lab').description('the virtual disks and relay boards of a rig');
  const sub = (name: string, what: string, action: (rig: ResolvedRig, options: LabOptions) => Promise<void>): void => {
    lab
      .command(`${name} <rig>`)
      .description(what)
      .option('--json', 'print JSON')
      .action((file: string, options: LabOptions) => action(loadRig(file), options));
  };
  sub('up', 'start the lab; no change if it runs already', async (rig, options) =>
    show(await labUp(rig.name, labOf(rig)), options),
  );
  sub(
    'down',
    'end the lab and remove its files and devices, also after a crash; the data of its disks is lost',
    (rig, options) => down(rig, options),
  );
  sub('status', 'show whether the lab runs, and the paths of its disks and ttys', async (rig, options) => {
    labOf(rig);
    const state = await labStatus(rig.name);
    if (state === null) setExit(EXIT.invalid);
    show(state, options);
  });
  lab
    .command('faults')
    .description('list the fault classes of a virtual disk, for faults: in a profile')
    .option('--json', 'print JSON')
    .action(showFaults);
}

function showFaults(options: LabOptions): void {
  const faults = listFaults();
  if (options.json) return printJson(faults);
  for (const fault of faults)
    print(`${fault.class.padEnd(18)} ${fault.what}\n${' '.repeat(19)}default: ${optionsText(fault)}`);
  print(
    '\nIn a profile: lab.disks.NAME.faults: [{ class: lying-flush, probability: 0.5 }]. Loss of unflushed writes at a cut is no fault:\nkillModel, keepProbability and tearProbability of the disk control it.',
  );
}

function optionsText({ options }: FaultDescription): string {
  return options
    .map(({ name, default: value, required }) =>
      required ? `${name} (required)` : `${name} ${value === null ? 'drawn' : String(value)}`,
    )
    .join(', ');
}

async function down(rig: ResolvedRig, options: LabOptions): Promise<void> {
  labOf(rig);
  const holder = rigHolder(rig.name);
  if (holder !== null) {
    throw new CampaignError(
      'RIG_BUSY',
      `rig "${rig.name}" is in use by process ${holder.pid} (${holder.command}); wait for it to end, or end it`,
      { ...holder },
    );
  }
  const wasThere = await labDown(rig.name);
  if (options.json) printJson({ name: rig.name, wasThere });
  else print(wasThere ? `lab ${rig.name}: down` : `lab ${rig.name}: not running`);
}

function labOf(rig: ResolvedRig): NonNullable<ResolvedRig['lab']> {
  if (rig.lab !== null) return rig.lab;
  throw new UsageError(`${rig.file} has no lab:, so its hardware is real; lab commands need a profile with lab:`);
}

function show(state: LabState | null, options: LabOptions): void {
  if (options.json) return printJson(state);
  if (state === null) return print('not running; plugpull lab up RIG starts it');
  print(`lab ${state.name}: process ${state.pid}, ${state.stateDir}`);
  for (const [name, disk] of Object.entries(state.disks))
    print(`  disk  ${name.padEnd(12)} ${disk.loop ?? '(vanished)'}  ${disk.node}`);
  for (const [name, board] of Object.entries(state.boards)) print(`  board ${name.padEnd(12)} ${board.tty}`);
}
