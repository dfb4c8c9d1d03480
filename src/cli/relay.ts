/** `plugpull relay …`: boards and rails by hand. Commands that switch power take the rig's lock, as a run does. */
import type { Command } from 'commander';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { UsageError } from '../base/plugpullError.js';
import type { SetExit } from './exitCodes.js';
import { integerOption } from './options.js';
import { print, printJson } from './output.js';
import { addRelayCalibrate } from './relayCalibrate.js';
import { addRelayTest } from './relayTest.js';
import { withPower } from './withPower.js';
import { CampaignError, codeOf } from '../campaign/errors.js';
import { boardTypeYaml, listBoards, ownBoardType } from '../power/catalogue/index.js';
import { listTtys } from '../power/listTtys.js';
import { suggestWord } from '../rig/source/nearest.js';

interface RelayOptions {
  json?: boolean;
}

/** One hour; use `relay off` and `relay on` for longer outages. */
const PULSE_MS_MAX = 3_600_000;

export function addRelay(program: Command, setExit: SetExit): void {
  const relay = program.command('relay').description('relay boards, and the rails that they feed');
  addRelayBoards(relay);
  addRelayTest(relay, setExit);
  addRelayCalibrate(relay);
  for (const state of ['on', 'off'] as const) {
    relay
      .command(`${state} <rig> [rails...]`)
      .description(state === 'on' ? 'switch these rails on (default: all rails)' : 'switch these rails off')
      .option('--json', 'print JSON')
      .action((file: string, rails: string[], options: RelayOptions) =>
        switchByHand(loadRig(file), rails, state, options),
      );
  }
  relay
    .command('state <rig> [rails...]')
    .description('read the state of these rails from their boards (default: all rails)')
    .option('--json', 'print JSON')
    .action((file: string, rails: string[], options: RelayOptions) => showState(loadRig(file), rails, options));
  relay
    .command('pulse <rig> <rail>')
    .description('switch a rail off and on again; the board times the pulse, if it can')
    .requiredOption(
      '--ms <n>',
      `time for which the rail is off, 1 to ${PULSE_MS_MAX} ms`,
      integerOption(1, PULSE_MS_MAX),
    )
    .option('--json', 'print JSON')
    .action((file: string, rail: string, options: RelayOptions & { ms: number }) =>
      pulse(loadRig(file), rail, options),
    );
}

async function switchByHand(
  rig: ResolvedRig,
  names: string[],
  state: 'on' | 'off',
  options: RelayOptions,
): Promise<void> {
  if (names.length === 0 && state === 'off')
    throw new UsageError(
      `no rail is given; rig ${rig.name} has ${railNames(rig).join(', ')}: name those to switch off`,
    );
  const rails = chosen(rig, names);
  await withPower(rig, `relay ${state}`, {}, async (power, setState) => {
    // A signal does not stop this: it takes moments, and half of the rails switched would be no use.
    const done = await power.switchRails(rails, state);
    setState(`${rails.join(', ')} switched ${state}, as asked`);
    if (options.json) return printJson(done);
    for (const r of done)
      print(`${r.rail.padEnd(12)} ${state.padEnd(4)} evidence: ${r.evidence}, read back: ${r.state}`);
  });
}

async function showState(rig: ResolvedRig, names: string[], options: RelayOptions): Promise<void> {
  const rails = chosen(rig, names);
  await withPower(rig, 'relay state', {}, async (power) => {
    const readings = [];
    for (const name of rails) readings.push(await power.readRail(name));
    if (options.json) return printJson(readings);
    for (const r of readings) print(`${r.rail.padEnd(12)} ${r.state.padEnd(8)} evidence: ${r.evidence}`);
  });
}

async function pulse(rig: ResolvedRig, rail: string, options: RelayOptions & { ms: number }): Promise<void> {
  const [known] = chosen(rig, [rail]);
  await withPower(rig, 'relay pulse', { goesBackOn: true }, async (power, setState, signal) => {
    const done = await power.pulseRail(known, options.ms, signal);
    setState(
      `${done.rail} was off for ${done.offMs.toFixed(1)} of ${options.ms} ms and was switched on again, read back: ${done.state}`,
    );
    if (options.json) return printJson(done);
    print(
      `${done.rail}: off for ${done.offMs.toFixed(1)} ms, timed by the ${done.timedBy}; evidence: ${done.evidence}`,
    );
  });
}

function chosen(rig: ResolvedRig, names: string[]): string[] {
  const known = railNames(rig);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`rail "${unknown}" does not exist; rig ${rig.name} has ${known.join(', ')}`);
  return names.length === 0 ? known : names;
}

function railNames(rig: ResolvedRig): string[] {
  return rig.rails.map((r) => r.name);
}

interface ListOptions {
  json?: boolean;
}

interface BoardsOptions extends ListOptions {
  show?: string;
}

export function addRelayBoards(relay: Command): void {
  relay
    .command('boards')
    .description('list the board types')
    .option('--show <type>', 'print one as YAML, to paste into a profile and edit there')
    .option('--json', 'print JSON')
    .action((options: BoardsOptions) =>
      options.show === undefined ? showTypes(options) : showType(options.show, options),
    );
  relay
    .command('list')
    .description('list the ttys of this host, and the board types that fit each')
    .option('--json', 'print JSON')
    .action(showTtys);
}

function showTypes(options: ListOptions): void {
  const boards = listBoards();
  if (options.json) return printJson(boards);
  print('type           channels  read-back  timed pulse  sure  what');
  for (const b of boards) {
    const channels = `${b.channels.min}-${b.channels.max}`;
    print(
      `${b.type.padEnd(14)} ${channels.padEnd(9)} ${b.readBack.padEnd(10)} ${b.timedPulse.padEnd(12)} ${b.sure.padEnd(5)} ${b.title}`,
    );
  }
  print(
    'A board that is not listed: describe it under boardTypes: in the profile; plugpull relay boards --show TYPE prints a start.',
  );
}

function showType(type: string, options: ListOptions): void {
  const boards = listBoards().map((board) => board.type);
  const own = ownBoardType(type);
  if (own === null && boards.includes(type))
    throw new UsageError(
      `board type ${type} has options only, and no frames to show; rigs/exec-ipmi.yaml is an example for exec`,
    );
  if (own === null) throw new UsageError(`board type "${type}" does not exist; ${suggestWord(type, boards)}`);
  if (options.json) printJson({ [own.name]: own.description });
  else print(boardTypeYaml(type)!.trimEnd());
}

async function showTtys(options: ListOptions): Promise<void> {
  const ttys = await listTtys().catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new CampaignError(
      'HARDWARE_FAILED',
      'listing ttys needs udevadm, which is not installed; apt install udev',
      {},
      error,
    );
  });
  if (options.json) return printJson(ttys);
  if (ttys.length === 0) return print('no serial ports');
  for (const t of ttys) {
    const guess = t.likelyTypes.length === 0 ? '' : `  may be: ${t.likelyTypes.join(', ')}`;
    const held = t.heldBy === null ? '' : `  held by ${t.heldBy.name} (${t.heldBy.pid})`;
    print(`${(t.stablePath ?? t.path).padEnd(24)} ${(t.usb ?? '-').padEnd(10)} ${t.manufacturer ?? ''}${guess}${held}`);
    if (t.sharedById !== null)
      print(
        `  not ${t.sharedById}: every adapter of this type can have that name${t.stablePath === null ? '' : '; the name above belongs to the USB socket: leave the adapter in this socket'}`,
      );
  }
}
