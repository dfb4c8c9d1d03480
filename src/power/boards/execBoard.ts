/**
 * A board that is commands of the user's: IPMI, a PDU, uhubctl, usbrelay, a virtual machine's monitor. Argument lists,
 * never a shell; `{channel}` in an argument becomes the channel's number.
 *
 * Promises: a call settles only when every command that it has begun has ended with all that it had started: none can
 * switch later. Channels are switched one after the other, unless `parallel` says that the commands may run side by side.
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
  /** The commands of several channels may run side by side. By default they run in turn: many a device takes one login at a time. */
  parallel: z.boolean().default(false),
  /** 1 … 600000 ms for one command and everything that it starts; then all of it is killed. */
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

export function execBoard(name: string, channels: number, options: ExecOptions, clock: RawClock): Board {
  const run = (template: string[], channel: number): Promise<string> =>
    outputOf(`board "${name}", channel ${channel}`, template, channel, options.timeoutMs);
  const state = options.state;

  const stateOf = async (command: string[], channel: number): Promise<boolean | undefined> => {
    const text = await run(command, channel);
    const isOn = new RegExp(options.stateOn, 'i').test(text);
    // Both or neither: the command did not say.
    return isOn === new RegExp(options.stateOff, 'i').test(text) ? undefined : isOn;
  };

  /** The time told is the earliest at which the command can have acted: it may do so long before it ends. */
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
      return { commandNs: Math.max(...channelNs.map(([, ns]) => ns)), channelNs: new Map(channelNs), evidence: 'none' };
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

/** After a failure no later one is begun, and none is still running. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** Rejects like `Promise.all`, but only once every one has ended: what is still running might switch after a repair. */
async function allOf<R>(work: readonly Promise<R>[]): Promise<R[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** What is told of a failure goes into records and reports: the program's name, and no argument, which may be a password. */
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
  const message = `${board}: ${file} (its ${args.length} arguments are in the profile) failed: ${how}; try it by hand`;
  throw new PowerError('COMMAND_FAILED', message, { board, timeoutMs });
}

/** Node's own message repeats the whole command line. */
function howItEnded(end: CommandEnd, timeoutMs: number): string {
  if (end.startError !== null) return end.startError.code ?? 'it could not be started';
  const left = end.outlived ? '; a process that it had started outlived that and may still switch: end it by hand' : '';
  if (end.timedOut)
    return `it, or what it had started, did not end within ${timeoutMs} ms (options.timeoutMs) and was killed${left}`;
  return `${end.signal === null ? `exit code ${end.exitCode}` : `killed by ${end.signal}`}${left}`;
}

/** Shorter ones are words that a program says anyway. */
const SECRET_LENGTH_MIN = 4;

function withoutArguments(said: string, args: readonly string[]): string {
  const long = args.filter((argument) => argument.length >= SECRET_LENGTH_MIN).sort((a, b) => b.length - a.length);
  return long.reduce((text, argument) => text.replaceAll(argument, '…'), said);
}
