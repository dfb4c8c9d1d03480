/** `plugpull relay …`: boards and rails by hand. What switches power takes the rig's lock, as a run does. */
import type { Command } from 'commander';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { UsageError } from '../base/plugpullError.js';
import type { SetExit } from './exitCodes.js';
import { wholeNumber } from './options.js';
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

/** An hour: longer outages are switched by hand. */
const PULSE_MS_MAX = 3_600_000;

export function addRelay(program: Command, setExit: SetExit): void {
  const relay = program.command('relay').description('relay boards and the rails they feed');
  addRelayBoards(relay);
  addRelayTest(relay, setExit);
  addRelayCalibrate(relay);
  for (const state of ['on', 'off'] as const) {
    relay
      .command(`${state} <rig> [rails...]`)
      .description(`switch rails ${state}${state === 'on' ? ' (default: all)' : ''}`)
      .option('--json', 'for programs')
      .action((file: string, rails: string[], options: RelayOptions) =>
        switchByHand(loadRig(file), rails, state, options),
      );
  }
  relay
    .command('state <rig> [rails...]')
    .description('what the boards say of their rails (default: all)')
    .option('--json', 'for programs')
    .action((file: string, rails: string[], options: RelayOptions) => showState(loadRig(file), rails, options));
  relay
    .command('pulse <rig> <rail>')
    .description('off and on again; timed by the board where it can')
    .requiredOption('--ms <ms>', 'how long the rail is off', wholeNumber(1, PULSE_MS_MAX))
    .option('--json', 'for programs')
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
    throw new UsageError(`name the rails to switch off; ${rig.name} has ${railNames(rig).join(', ')}`);
  const rails = chosen(rig, names);
  await withPower(rig, `relay ${state}`, {}, async (power, told) => {
    // What was asked for is done to its end: a few moments, and half of it would be neither.
    const done = await power.switchRails(rails, state);
    told(`${rails.join(', ')} switched ${state}, as asked`);
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
  await withPower(rig, 'relay pulse', { goesBackOn: true }, async (power, told, signal) => {
    const done = await power.pulseRail(known, options.ms, signal);
    told(
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
    throw new UsageError(`no rail is called "${unknown}"; ${rig.name} has ${known.join(', ')}`);
  return names.length === 0 ? known : names;
}

function railNames(rig: ResolvedRig): string[] {
  return rig.rails.map((r) => r.name);
}

/**
 * `plugpull relay boards` (what can be driven, and how it is described) and `relay list` (what seems to be plugged in).
 * Neither opens a tty.
 */

interface ListOptions {
  json?: boolean;
}

interface BoardsOptions extends ListOptions {
  show?: string;
}

export function addRelayBoards(relay: Command): void {
  relay
    .command('boards')
    .description('board types known by name')
    .option('--show <type>', 'print one as YAML, to be pasted into a profile and changed there')
    .option('--json', 'for programs')
    .action((options: BoardsOptions) =>
      options.show === undefined ? showTypes(options) : showType(options.show, options),
    );
  relay
    .command('list')
    .description('ttys of this host, and which board each may be')
    .option('--json', 'for programs')
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
    'or describe a board of your own under boardTypes: in the profile; relay boards --show TYPE prints one to start from',
  );
}

function showType(type: string, options: ListOptions): void {
  const boards = listBoards().map((board) => board.type);
  const own = ownBoardType(type);
  if (own === null && boards.includes(type))
    throw new UsageError(
      `${type} is not described by frames: it has options alone, as rigs/exec-ipmi.yaml shows for exec`,
    );
  if (own === null) throw new UsageError(`no board type is called "${type}"; ${suggestWord(type, boards)}`);
  if (options.json) printJson({ [own.name]: own.description });
  else print(boardTypeYaml(type)!.trimEnd());
}

async function showTtys(options: ListOptions): Promise<void> {
  const ttys = await listTtys().catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new CampaignError(
      'HARDWARE_FAILED',
      'ttys are listed by udevadm, which is not installed; apt install udev',
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
        `  not ${t.sharedById}: any adapter of its kind may have that name${t.stablePath === null ? '' : "; this one is the socket's: leave it plugged in there"}`,
      );
  }
}
