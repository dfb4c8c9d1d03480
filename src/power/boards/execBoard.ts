/**
 * A board that consists of the user's commands: IPMI, a PDU, uhubctl, usbrelay, the monitor of a virtual machine.
 * Commands are argument lists and run without a shell; `{channel}` in an argument becomes the channel's number.
 *
 * A call ends only when every command that it started has ended, with all processes of that command: none can switch
 * later. Channels are switched one after the other, unless `parallel` is set.
 */

import { z } from 'zod';
import { type RawClock } from '../../base/clock.js';
import { isPowerError, PowerError } from '../errors.js';
import type { Board, RelayChange, RelayReading } from './board.js';
import { type CommandEnd, runCommand } from './runCommand.js';

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
  /** Whether the commands of several channels may run at the same time. Many devices take one login at a time. */
  parallel: z.boolean().default(false),
  /** Deadline of one command and all its processes, 1 … 600000 ms; then they are killed. */
  timeoutMs: z.number().int().min(1).max(600_000).default(10_000),
  /** How long after a switch `state` may still report the old state, 0 … 600000 ms. */
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

export function execBoard(name: string, channels: number, options: ExecOptions, clock: RawClock): Board {
  const run = (template: string[], channel: number): Promise<string> =>
    outputOf(`board "${name}", channel ${channel}`, template, channel, options.timeoutMs);
  const state = options.state;

  const stateOf = async (command: string[], channel: number): Promise<boolean | undefined> => {
    const text = await run(command, channel);
    const isOn = new RegExp(options.stateOn, 'i').test(text);
    // A text that matches both expressions, or neither, reports no state.
    return isOn === new RegExp(options.stateOff, 'i').test(text) ? undefined : isOn;
  };

  /** Returns the earliest time at which the command can have switched: it may do so long before it ends. */
  const setOne = async ({ channel, on }: RelayChange): Promise<[number, number]> => {
    const commandNs = clock.nowNs();
    try {
      await run(on ? options.on : options.off, channel);
    } catch (error) {
      if (!isPowerError(error) || state === undefined || options.stateKind === 'echo') throw error;
      const now = await stateOf(state, channel).catch(() => undefined);
      const reads = now === undefined ? 'can not be read now' : `reads ${now ? 'on' : 'off'} now`;
      throw new PowerError(
        error.code,
        `${error.message}; channel ${channel} ${reads}`,
        { ...error.context, channel },
        error,
      );
    }
    return [channel, commandNs];
  };

  return {
    name,
    type: 'exec',
    channels,
    readBack: state === undefined ? 'none' : options.stateKind,
    readBackWithinMs: options.stateWithinMs,
    changeMsMax: options.timeoutMs,
    async set(changes) {
      const channelNs = options.parallel ? await allOf(changes.map(setOne)) : await inTurn(changes, setOne);
      return { commandNs: Math.max(...channelNs.map(([, ns]) => ns)), channelNs: new Map(channelNs), proof: 'none' };
    },
    async read(wanted): Promise<RelayReading | null> {
      if (state === undefined) return null;
      const states = new Map<number, boolean>();
      for (const channel of wanted) {
        const isOn = await stateOf(state, channel);
        if (isOn !== undefined) states.set(channel, isOn);
      }
      return { kind: options.stateKind, states };
    },
    pulse: () => Promise.resolve(null),
    identify: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
}

/** After a failure it starts no further item, and none is still running. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/**
 * Rejects like `Promise.all`, but only when all have ended: one that still runs could switch after power is restored.
 */
async function allOf<R>(work: readonly Promise<R>[]): Promise<R[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/**
 * Failures go into records and reports, so the message has the program's name but no argument: one may be a password.
 */
async function outputOf(
  board: string,
  template: readonly string[],
  channel: number,
  timeoutMs: number,
): Promise<string> {
  const [file, ...args] = template.map((argument) => argument.replaceAll('{channel}', String(channel)));
  const end = await runCommand([file, ...args], timeoutMs);
  if (end.exitCode === 0 && !end.timedOut) return end.stdout;
  const said = withoutArguments(end.stderr.trim() || end.stdout.trim() || '', args).slice(0, 400);
  const how = [howItEnded(end, timeoutMs), said].filter((text) => text !== '').join(': ');
  const message = `${board}: ${file} (its ${args.length} arguments are in the profile) failed: ${how}; run it by hand`;
  throw new PowerError('COMMAND_FAILED', message, { board, timeoutMs });
}

/** Node's own message repeats the entire command line. */
function howItEnded(end: CommandEnd, timeoutMs: number): string {
  if (end.startError !== null) return end.startError.code ?? 'it could not be started';
  const left = end.outlived ? '; a process that it started still runs and may switch: end it by hand' : '';
  if (end.timedOut)
    return `it or a process that it started did not end within ${timeoutMs} ms (options.timeoutMs) and was killed${left}`;
  return `${end.signal === null ? `exit code ${end.exitCode}` : `killed by ${end.signal}`}${left}`;
}

/** Shorter arguments are common words: hiding them would make the program's own message unreadable. */
const SECRET_LENGTH_MIN = 4;

function withoutArguments(said: string, args: readonly string[]): string {
  const long = args.filter((argument) => argument.length >= SECRET_LENGTH_MIN).sort((a, b) => b.length - a.length);
  return long.reduce((text, argument) => text.replaceAll(argument, '…'), said);
}
