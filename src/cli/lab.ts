/**
 * `plugpull lab up|down|status RIG`: the virtual lab on its own, for other tools and for what comes after a crash; `lab
 * faults`: what its disks can be told to do.
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
  const lab = program.command('lab').description('the virtual lab of a rig');
  const sub = (name: string, what: string, action: (rig: ResolvedRig, options: LabOptions) => Promise<void>): void => {
    lab
      .command(`${name} <rig>`)
      .description(what)
      .option('--json', 'for programs')
      .action((file: string, options: LabOptions) => action(loadRig(file), options));
  };
  sub('up', 'start it, or find it running', async (rig, options) => show(await labUp(rig.name, labOf(rig)), options));
  sub('down', 'end it and remove what it left', (rig, options) => down(rig, options));
  sub('status', 'is it running, and where are its things', async (rig, options) => {
    labOf(rig);
    const state = await labStatus(rig.name);
    if (state === null) setExit(EXIT.invalid);
    show(state, options);
  });
  lab
    .command('faults')
    .description('what a virtual disk can be told to do wrong: the classes of faults: in a profile')
    .option('--json', 'for programs')
    .action(showFaults);
}

function showFaults(options: LabOptions): void {
  const faults = listFaults();
  if (options.json) return printJson(faults);
  for (const fault of faults)
    print(`${fault.class.padEnd(18)} ${fault.what}\n${' '.repeat(19)}default: ${optionsText(fault)}`);
  print(
    "\nIn a profile: lab.disks.NAME.faults: [{ class: lying-flush, probability: 0.5 }]. What a cut leaves of a disk's cache is no fault:\nsee killModel, keepProbability and tearProbability of the disk.",
  );
}

function optionsText({ options }: FaultDescription): string {
  return options
    .map(({ name, default: value, required }) =>
      required ? `${name} (must be given)` : `${name} ${value === null ? 'drawn' : String(value)}`,
    )
    .join(', ');
}

async function down(rig: ResolvedRig, options: LabOptions): Promise<void> {
  labOf(rig);
  const holder = rigHolder(rig.name);
  if (holder !== null) {
    throw new CampaignError(
      'RIG_BUSY',
      `rig "${rig.name}" is in use by process ${holder.pid} (${holder.command}); end that first`,
      { ...holder },
    );
  }
  const wasThere = await labDown(rig.name);
  if (options.json) printJson({ name: rig.name, wasThere });
  else print(wasThere ? `lab ${rig.name}: down` : `lab ${rig.name}: there was none`);
}

function labOf(rig: ResolvedRig): NonNullable<ResolvedRig['lab']> {
  if (rig.lab !== null) return rig.lab;
  throw new UsageError(`${rig.file} has no lab: section; its hardware is real`);
}

function show(state: LabState | null, options: LabOptions): void {
  if (options.json) return printJson(state);
  if (state === null) return print('not running');
  print(`lab ${state.name}: process ${state.pid}, ${state.stateDir}`);
  for (const [name, disk] of Object.entries(state.disks))
    print(`  disk  ${name.padEnd(12)} ${disk.loop ?? '(vanished)'}  ${disk.node}`);
  for (const [name, board] of Object.entries(state.boards)) print(`  board ${name.padEnd(12)} ${board.tty}`);
}
