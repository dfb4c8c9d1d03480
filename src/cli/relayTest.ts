/** `plugpull relay test`: a board relay by relay, before any disk hangs on it. The relays really switch. */
import type { Command } from 'commander';
import { lockRig } from '../campaign/rigLock.js';
import { stateDir } from '../campaign/stateDir.js';
import { listBoards, testBoard, type BoardTestStep } from '../power/index.js';
import { loadRig } from '../rig/load.js';
import { boardsOf } from './boardsOf.js';
import { EXIT, UsageError } from './exitCodes.js';
import { print, printJson, wholeNumber } from './options.js';
import type { SetExit } from './program.js';
import { formatMs } from './progressText.js';

interface TestOptions {
  type?: string;
  tty?: string;
  channels?: number;
  json?: boolean;
}

interface BoardToTest {
  type: string;
  tty: string;
  setup: { name: string; channels: number; options?: Record<string, unknown>; boardTypes?: Record<string, unknown> };
}

/** The widest board of the catalogue. */
const CHANNELS_MAX = 64;

export function addRelayTest(relay: Command, setExit: SetExit): void {
  relay
    .command('test [rig]')
    .description('switch every relay of a board to the other state and back; all of a rig\'s boards, or --type and --tty')
    .option('--type <name>', 'board type, see relay boards')
    .option('--tty <path>', 'where it is plugged in')
    .option('--channels <n>', 'how many relays it has', wholeNumber(1, CHANNELS_MAX), 1)
    .option('--json', 'for programs')
    .action(async (file: string | undefined, options: TestOptions) => {
      const steps = file === undefined ? await testOne(bare(options), 'relay-test', options) : await testRig(file, options);
      if (options.json) printJson(steps);
      if (steps.some((s) => !s.ok)) setExit(EXIT.invalid);
    });
}

async function testRig(file: string, options: TestOptions): Promise<BoardTestStep[]> {
  if (options.type !== undefined || options.tty !== undefined) throw new UsageError('name a rig, or --type and --tty, not both');
  const rig = loadRig(file);
  const lock = lockRig(rig.name, 'plugpull relay test');
  try {
    const steps: BoardTestStep[] = [];
    for (const board of await boardsOf(rig)) {
      if (!options.json) print(`board ${board.name} (${board.type} at ${board.tty})`);
      const setup = { name: board.name, channels: board.channels, options: board.options, boardTypes: rig.boardTypes };
      steps.push(...(await testOne({ type: board.type, tty: board.tty, setup }, rig.name, options)));
    }
    return steps;
  } finally {
    lock.release();
  }
}

async function testOne(board: BoardToTest, rigName: string, options: TestOptions): Promise<BoardTestStep[]> {
  const steps: BoardTestStep[] = [];
  for await (const step of testBoard(board.type, board.tty, board.setup, { rigName, runtimeDir: stateDir() })) {
    steps.push(step);
    if (!options.json) print(line(step));
  }
  return steps;
}

function bare(options: TestOptions): BoardToTest {
  const { type, tty, channels } = options;
  if (type === undefined || tty === undefined) throw new UsageError('name a rig, or give both --type and --tty');
  if (!listBoards().some((board) => board.type === type)) {
    throw new UsageError(`no board type is called "${type}" (plugpull relay boards); one of your own is tested with its profile: plugpull relay test RIG`);
  }
  return { type, tty, setup: { name: type, channels: channels ?? 1 } };
}

function line(s: BoardTestStep): string {
  const what = s.channel === null ? s.step : `${s.step} ${s.channel}`;
  return `  ${s.ok ? 'ok    ' : 'FAILED'} ${what.padEnd(10)} ${s.detail} (${formatMs(s.tookMs)})`;
}
