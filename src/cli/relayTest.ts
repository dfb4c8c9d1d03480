/** `plugpull relay test`: switches each relay of a board, before a disk is connected to it. */
import type { Command } from 'commander';
import { systemClock } from '../base/systemClock.js';
import { CampaignError } from '../campaign/errors.js';
import { lockRig } from '../campaign/session/rigLock.js';
import { stateDir } from '../campaign/directories.js';
import { within } from '../campaign/within.js';
import { listBoards } from '../power/catalogue/index.js';
import { testBoard, type BoardTestSetup, type BoardTestStep } from '../power/testBoard.js';
import { loadRig } from '../rig/load.js';
import { boardsOf } from './withPower.js';
import { UsageError } from '../base/plugpullError.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { integerOption } from './options.js';
import { print, printJson } from './output.js';
import { formatMs } from './progressText.js';
import { prepareWayOut } from './wayOut.js';

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

/** For one relay, after the current command of its board. */
const PUT_BACK_MS = 30_000;

/** The widest board of the catalogue. */
const CHANNELS_MAX = 64;

export function addRelayTest(relay: Command, setExit: SetExit): void {
  relay
    .command('test [rig]')
    .description(
      'switch every relay to the other state and back: of all boards of a rig, or of the board of --type and --tty',
    )
    .option('--type <name>', 'board type; `plugpull relay boards` lists them')
    .option('--tty <path>', 'tty of the board')
    .option('--channels <n>', `number of relays, 1 to ${CHANNELS_MAX}`, integerOption(1, CHANNELS_MAX), 1)
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, options: TestOptions) => {
      const steps = await interruptibly((signals) =>
        file === undefined
          ? testOne(boardOfOptions(options), 'relay-test', options, signals)
          : testRig(file, options, signals),
      );
      if (options.json) printJson(steps);
      if (steps.some((s) => !s.ok)) setExit(EXIT.invalid);
    });
}

type SignalHandling = Required<Pick<BoardTestSetup, 'signal' | 'onOpen'>>;

/** @throws CampaignError INTERRUPTED, with how the relays were left */
async function interruptibly(test: (signals: SignalHandling) => Promise<BoardTestStep[]>): Promise<BoardTestStep[]> {
  const wayOut = prepareWayOut();
  const stop = new AbortController();
  wayOut.interrupts.onFirst(() => stop.abort());
  try {
    const steps = await test({
      signal: stop.signal,
      onOpen: (putBack) =>
        wayOut.holds({
          leave: () => within(systemClock, PUT_BACK_MS, 'switching the relay under test back', putBack()),
        }),
    });
    if (!stop.signal.aborted) return steps;
    const failed = steps.filter((s) => !s.ok).map((s) => s.detail);
    const left =
      failed.length === 0
        ? 'every switched relay is in its former state again; the others were not switched'
        : `these steps failed: ${failed.join('; ')}`;
    throw new CampaignError('INTERRUPTED', `plugpull relay test was interrupted; ${left}`);
  } finally {
    wayOut.release();
  }
}

async function testRig(file: string, options: TestOptions, signals: SignalHandling): Promise<BoardTestStep[]> {
  if (options.type !== undefined || options.tty !== undefined)
    throw new UsageError('a rig and --type or --tty are given; give a rig, or --type and --tty');
  const rig = loadRig(file);
  const lock = lockRig(rig.name, 'plugpull relay test');
  try {
    const steps: BoardTestStep[] = [];
    for (const board of await boardsOf(rig)) {
      if (signals.signal.aborted) break;
      if (!options.json) print(`board ${board.name} (${board.type} at ${board.tty})`);
      const setup = { name: board.name, channels: board.channels, options: board.options, boardTypes: rig.boardTypes };
      steps.push(...(await testOne({ type: board.type, tty: board.tty, setup }, rig.name, options, signals)));
    }
    return steps;
  } finally {
    lock.release();
  }
}

async function testOne(
  board: BoardToTest,
  rigName: string,
  options: TestOptions,
  signals: SignalHandling,
): Promise<BoardTestStep[]> {
  const steps: BoardTestStep[] = [];
  for await (const step of testBoard(
    board.type,
    board.tty,
    { ...board.setup, ...signals },
    { rigName, runtimeDir: stateDir() },
  )) {
    steps.push(step);
    if (!options.json) print(line(step));
  }
  return steps;
}

function boardOfOptions(options: TestOptions): BoardToTest {
  const { type, tty, channels } = options;
  if (type === undefined || tty === undefined)
    throw new UsageError('no board is given; give a rig, or both --type and --tty');
  if (!listBoards().some((board) => board.type === type)) {
    throw new UsageError(
      `board type "${type}" does not exist; plugpull relay boards lists them. A board of boardTypes: in a profile is tested with plugpull relay test RIG`,
    );
  }
  return { type, tty, setup: { name: type, channels: channels ?? 1 } };
}

function line(s: BoardTestStep): string {
  const what = s.channel === null ? s.step : `${s.step} ${s.channel}`;
  return `  ${s.ok ? 'ok    ' : 'FAILED'} ${what.padEnd(10)} ${s.detail} (${formatMs(s.tookMs)})`;
}
