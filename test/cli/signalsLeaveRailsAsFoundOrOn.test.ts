/**
 * SIGINT, SIGTERM or SIGHUP, once or twice, during a `relay` command that switches rails leaves each rail as it was
 * found, on, or as the command was asked to leave it; and the command reports which.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { fileOutlets, type FileOutlets, type OutletScripts } from '../power/fileOutlets.js';
import { closeAll, startVirtualBoard } from '../power/virtualBoard.js';
import { cli, type CliResult } from './cli.js';

const state = ownStateDir();
afterAll(async () => {
  await closeAll();
  await state.clean();
});

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_EVERY_MS = 5;
/** Longer than any test: only the signal can end it. */
const LONG_MS = '600000';

let rigs = 0;

function rigFile(board: string): string {
  const name = `by-hand-${rigs++}`;
  const file = join(state.dir, `${name}.yaml`);
  const disk = (n: string): string => `{ device: /dev/disk/by-id/none-${n}, serial: "none-${n}" }`;
  writeFileSync(
    file,
    `schemaVersion: 1
name: ${name}
regionSize: 16KiB
primary: ${disk('p')}
secondary: ${disk('s')}
journal: ${disk('j')}
boards:
  b: ${board}
rails:
  P: { board: b, channels: [1], powers: [primary], settle: 10ms }
  S: { board: b, channels: [2], powers: [secondary], settle: 10ms }
  J: { board: b, channels: [3], powers: [journal], settle: 10ms }
campaign: { cuts: [{ rails: [P], during: load, after: 150ms }] }
`,
  );
  return file;
}

function execRig(scripts: Omit<OutletScripts, 'channels'> = {}): FileOutlets & { file: string } {
  const outlets = fileOutlets(join(state.dir, `outlets-${rigs}`), { channels: 3, ...scripts });
  return { ...outlets, file: rigFile(JSON.stringify({ type: 'exec', channels: 3, options: outlets.options })) };
}

/** Runs a `relay` command and sends the signals once `now` holds. `onSent` is called when the first one is sent. */
async function signalled(
  args: string[],
  signals: readonly NodeJS.Signals[],
  now: () => boolean,
  onSent: () => void = () => undefined,
): Promise<CliResult> {
  let looking: NodeJS.Timeout | undefined;
  const result = await cli(['relay', ...args], {
    env: { PLUGPULL_STATE_DIR: state.dir },
    onStart(child) {
      looking = setInterval(() => {
        if (!now()) return;
        clearInterval(looking);
        signals.forEach((signal, i) =>
          setTimeout(() => {
            child.kill(signal);
            if (i === 0) onSent();
          }, i * 1500),
        );
      }, LOOK_EVERY_MS);
    },
  });
  clearInterval(looking);
  return result;
}

interface Case {
  args: (file: string) => string[];
  /** The line of the outlets' log after which the signal comes. */
  after: string;
  outlets: Record<string, string>;
  said: RegExp;
  /** A line that the log must not have. */
  never?: string;
}

const ALL_ON = { 1: 'on', 2: 'on', 3: 'on' };
const CASES: Record<string, Case> = {
  'pulse, while the rail is off': {
    args: (file) => ['pulse', file, 'S', '--ms', LONG_MS],
    after: 'end off 2',
    outlets: ALL_ON,
    said: /S was off for .* of 600000 ms and was switched on again, read back: on/,
  },
  'pulse, while its off is under way': {
    args: (file) => ['pulse', file, 'S', '--ms', LONG_MS],
    after: 'begin off 2',
    outlets: ALL_ON,
    said: /S was off for .* switched on again/,
  },
  'test, in the middle of a relay': {
    args: (file) => ['test', file],
    after: 'begin off 2',
    outlets: ALL_ON,
    said: /every switched relay is in its former state again; the others were not switched/,
    never: 'begin off 3',
  },
  'off, which is what was asked for': {
    args: (file) => ['off', file, 'P', 'S'],
    after: 'begin off 1',
    outlets: { 1: 'off', 2: 'off', 3: 'on' },
    said: /P, S switched off, as asked/,
  },
  on: { args: (file) => ['on', file], after: 'begin on 1', outlets: ALL_ON, said: /P, S, J switched on, as asked/ },
};

/** Slow scripts. The one that begins with the line `after` does not end before the file `sent` exists. */
function slow(after: string, sent: string): Omit<OutletScripts, 'channels'> {
  const script = (
    word: 'on' | 'off',
  ): string => `[ "begin ${word} $1" != "${after}" ] || until [ -e "${sent}" ]; do sleep 0.02; done
sleep 0.3; printf ${word} > "$F"`;
  return { off: script('off'), on: script('on') };
}

describe('interrupted by a signal', () => {
  it.concurrent.each(Object.keys(CASES).flatMap((what) => SIGNALS.map((signal) => [what, signal] as const)))(
    '%s, %s',
    async (what, signal) => {
      const { args, after, outlets, said, never } = CASES[what];
      const sent = join(state.dir, `sent-${rigs}`);
      const rig = execRig(slow(after, sent));
      const result = await signalled(
        args(rig.file),
        [signal],
        () => rig.log().includes(after),
        () => writeFileSync(sent, ''),
      );
      expect([result.code, result.signal], result.stderr).toEqual([130, null]);
      expect(result.stderr).toMatch(said);
      expect(rig.outlets()).toEqual(outlets);
      if (never !== undefined) expect(rig.log()).not.toContain(never);
    },
  );

  it.concurrent.each([
    ['pulse', ['pulse', 'FILE', 'P', '--ms', LONG_MS], /P switched on again/],
    ['test', ['test', 'FILE'], /relay 1 switched on again/],
  ] as const)('twice: %s during a slow off', async (_what, args, said) => {
    // Longer than the time between the signals: the second one comes while the off is still running.
    const rig = execRig({ off: 'sleep 3; printf off > "$F"' });
    const result = await signalled(
      args.map((arg) => (arg === 'FILE' ? rig.file : arg)),
      ['SIGINT', 'SIGINT'],
      () => rig.log().includes('begin off 1'),
    );
    expect(result.code, result.stderr).toBe(130);
    expect(result.stderr).toMatch(said);
    expect(rig.outlets()).toEqual(ALL_ON);
  });

  it.concurrent.each([
    ['modbus-rtu', 'timed by the board', '30000'],
    ['lcus', 'timed by the host', LONG_MS],
  ])('a pulse of a %s board, %s', async (type, _timed, ms) => {
    const board = startVirtualBoard(type, 8);
    const file = rigFile(`{ type: ${type}, tty: ${board.tty}, channels: 8 }`);
    const result = await signalled(['pulse', file, 'P', '--ms', ms], ['SIGTERM'], () => board.switched.length > 0);
    expect(result.code, result.stderr).toBe(130);
    expect(result.stderr).toMatch(/P was off for .* switched on again/);
    // The board's own timer can only switch it on once more.
    expect(board.switched.at(-1)).toEqual({ channel: 1, on: true });
    expect(board.contacts.get(1)).toBe(true);
  });
});

describe('a script that is killed with kill -9 while its child goes on', () => {
  const KILLED = { off: '(sleep 2; printf off > "$F") > /dev/null 2>&1 & kill -9 $$' };
  const lateOffIsOver = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2500));

  it.concurrent.each([
    ['pulse', ['pulse', 'FILE', 'P', '--ms', '100'], /killed by SIGKILL.*power is back on all rails/],
    ['off', ['off', 'FILE', 'P'], /killed by SIGKILL.*power is back on all rails/],
    ['test', ['test', 'FILE'], /FAILED.*killed by SIGKILL.*reads on now/],
  ] as const)('%s', async (_what, args, said) => {
    const rig = execRig(KILLED);
    const result = await signalled(
      args.map((arg) => (arg === 'FILE' ? rig.file : arg)),
      [],
      () => true,
    );
    expect(result.code, result.stderr).toBe(3);
    expect(result.stderr + result.stdout).toMatch(said);
    await lateOffIsOver();
    expect(rig.outlets()).toEqual(ALL_ON);
  });
});
