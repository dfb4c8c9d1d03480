/** `plugpull relay test`: a board relay by relay, before any disk hangs on it. The relays really switch. */
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
import { wholeNumber } from './options.js';
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

/** For one relay, behind what its board was asked before. */
const PUT_BACK_MS = 30_000;

/** The widest board of the catalogue. */
const CHANNELS_MAX = 64;

export function addRelayTest(relay: Command, setExit: SetExit): void {
  relay
    .command('test [rig]')
    .description(
      "switch every relay of a board to the other state and back; all of a rig's boards, or --type and --tty",
    )
    .option('--type <name>', 'board type, see relay boards')
    .option('--tty <path>', 'where it is plugged in')
    .option('--channels <n>', 'how many relays it has', wholeNumber(1, CHANNELS_MAX), 1)
    .option('--json', 'for programs')
    .action(async (file: string | undefined, options: TestOptions) => {
      const steps = await interruptibly((held) =>
        file === undefined ? testOne(bare(options), 'relay-test', options, held) : testRig(file, options, held),
      );
      if (options.json) printJson(steps);
      if (steps.some((s) => !s.ok)) setExit(EXIT.invalid);
    });
}

/** What the board under test is told of signals, and what it tells of itself. */
type Held = Required<Pick<BoardTestSetup, 'signal' | 'onOpen'>>;

/** @throws CampaignError INTERRUPTED, with how the relays were left */
async function interruptibly(test: (held: Held) => Promise<BoardTestStep[]>): Promise<BoardTestStep[]> {
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
        ? 'every relay that was tried is as it was found, the others were not touched'
        : `these steps failed: ${failed.join('; ')}`;
    throw new CampaignError('INTERRUPTED', `plugpull relay test was interrupted; ${left}`);
  } finally {
    wayOut.release();
  }
}

async function testRig(file: string, options: TestOptions, held: Held): Promise<BoardTestStep[]> {
  if (options.type !== undefined || options.tty !== undefined)
    throw new UsageError('name a rig, or --type and --tty, not both');
  const rig = loadRig(file);
  const lock = lockRig(rig.name, 'plugpull relay test');
  try {
    const steps: BoardTestStep[] = [];
    for (const board of await boardsOf(rig)) {
      if (held.signal.aborted) break;
      if (!options.json) print(`board ${board.name} (${board.type} at ${board.tty})`);
      const setup = { name: board.name, channels: board.channels, options: board.options, boardTypes: rig.boardTypes };
      steps.push(...(await testOne({ type: board.type, tty: board.tty, setup }, rig.name, options, held)));
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
  held: Held,
): Promise<BoardTestStep[]> {
  const steps: BoardTestStep[] = [];
  for await (const step of testBoard(
    board.type,
    board.tty,
    { ...board.setup, ...held },
    { rigName, runtimeDir: stateDir() },
  )) {
    steps.push(step);
    if (!options.json) print(line(step));
  }
  return steps;
}

function bare(options: TestOptions): BoardToTest {
  const { type, tty, channels } = options;
  if (type === undefined || tty === undefined) throw new UsageError('name a rig, or give both --type and --tty');
  if (!listBoards().some((board) => board.type === type)) {
    throw new UsageError(
      `no board type is called "${type}" (plugpull relay boards); one of your own is tested with its profile: plugpull relay test RIG`,
    );
  }
  return { type, tty, setup: { name: type, channels: channels ?? 1 } };
}

function line(s: BoardTestStep): string {
  const what = s.channel === null ? s.step : `${s.step} ${s.channel}`;
  return `  ${s.ok ? 'ok    ' : 'FAILED'} ${what.padEnd(10)} ${s.detail} (${formatMs(s.tookMs)})`;
}
