/**
 * A board that is commands of the user's: IPMI, a PDU, uhubctl, usbrelay, a virtual machine's monitor. Argument lists,
 * never a shell; `{channel}` in an argument becomes the channel's number.
 */

import { execFile, type ExecFileException } from 'node:child_process';
import { z } from 'zod';
import { type Clock } from '../clock.js';
import { PowerError } from '../errors.js';
import type { Board, RelayReading } from './board.js';

const command = z.array(z.string()).min(1);
const expression = z.string().refine(isExpression, 'must be a regular expression');

export const execOptionsSchema = z.strictObject({
  on: command,
  off: command,
  /** Prints something that matches `stateOn` or `stateOff`; both are regular expressions. */
  state: command.optional(),
  stateOn: expression.default('\\bon\\b'),
  stateOff: expression.default('\\boff\\b'),
  /** `measured` if the command measures, `echo` if it repeats what was written. */
  stateKind: z.enum(['echo', 'state', 'measured']).default('state'),
  /** 1 … 600000 ms for one command. */
  timeoutMs: z.number().int().min(1).max(600_000).default(10_000),
  /** How long after a switch the old state may still be told. 0 … 600000 ms. */
  stateWithinMs: z.number().int().min(0).max(600_000).default(2000),
});

function isExpression(text: string): boolean {
  try {
    new RegExp(text, 'i');
    return true;
  } catch {
    return false;
  }
}

export type ExecOptions = z.infer<typeof execOptionsSchema>;

export function execBoard(name: string, channels: number, options: ExecOptions, clock: Clock): Board {
  const run = (template: string[], channel: number): Promise<string> =>
    runCommand(`board "${name}", channel ${channel}`, template.map((argument) => argument.replaceAll('{channel}', String(channel))), options.timeoutMs);
  const state = options.state;
  return {
    name,
    type: 'exec',
    channels,
    readBack: state === undefined ? 'none' : options.stateKind,
    readBackWithinMs: options.stateWithinMs,
    async set(changes) {
      // The command may act long before it ends; the time told is the earliest at which it can have.
      const commandNs = clock.nowNs();
      await Promise.all(changes.map(({ channel, on }) => run(on ? options.on : options.off, channel)));
      return { commandNs, evidence: 'none' };
    },
    async read(wanted): Promise<RelayReading | null> {
      if (state === undefined) return null;
      const states = new Map<number, boolean>();
      for (const channel of wanted) {
        const text = await run(state, channel);
        const isOn = new RegExp(options.stateOn, 'i').test(text);
        // Both or neither: the command did not say.
        if (isOn !== new RegExp(options.stateOff, 'i').test(text)) states.set(channel, isOn);
      }
      return { kind: options.stateKind, states };
    },
    pulse: () => Promise.resolve(null),
    identify: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
}

/** What is told of a failure goes into records and reports: the program's name, and no argument, which may be a password. */
function runCommand(board: string, argv: string[], timeoutMs: number): Promise<string> {
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = withoutArguments(stderr.trim() || stdout.trim() || endOf(error), args).slice(0, 400);
      const message = `${board}: ${file} (its ${args.length} arguments are in the profile) failed: ${said}; try it by hand`;
      reject(new PowerError('COMMAND_FAILED', message, { board, timeoutMs }));
    });
  });
}

/** Node's own message repeats the whole command line. */
function endOf(error: ExecFileException): string {
  if (error.killed) return 'it did not end in time';
  return typeof error.code === 'number' ? `exit code ${error.code}` : (error.signal ?? String(error.code));
}

/** Shorter ones are words that a program says anyway. */
const SECRET_LENGTH_MIN = 4;

function withoutArguments(said: string, args: readonly string[]): string {
  const long = args.filter((argument) => argument.length >= SECRET_LENGTH_MIN).sort((a, b) => b.length - a.length);
  return long.reduce((text, argument) => text.replaceAll(argument, '…'), said);
}
