/**
 * A board that is commands of the user's: IPMI, a PDU, uhubctl, usbrelay, a virtual machine's monitor. Argument lists,
 * never a shell; `{channel}` in an argument becomes the channel's number.
 */

import { execFile } from 'node:child_process';
import { z } from 'zod';
import { type Clock } from '../clock.js';
import { PowerError } from '../errors.js';
import type { Board, RelayReading } from './board.js';

const command = z.array(z.string()).min(1);

export const execOptionsSchema = z.strictObject({
  on: command,
  off: command,
  /** Prints something that matches `stateOn` or `stateOff`; both are regular expressions. */
  state: command.optional(),
  stateOn: z.string().default('\\bon\\b'),
  stateOff: z.string().default('\\boff\\b'),
  /** `measured` if the command measures, `echo` if it repeats what was written. */
  stateKind: z.enum(['echo', 'state', 'measured']).default('state'),
  /** 1 … 600000 ms for one command. */
  timeoutMs: z.number().int().min(1).max(600_000).default(10_000),
  /** How long after a switch the old state may still be told. 0 … 600000 ms. */
  stateWithinMs: z.number().int().min(0).max(600_000).default(2000),
});

export type ExecOptions = z.infer<typeof execOptionsSchema>;

export function execBoard(name: string, channels: number, options: ExecOptions, clock: Clock): Board {
  const run = (template: string[], channel: number): Promise<string> =>
    runCommand(name, template.map((argument) => argument.replaceAll('{channel}', String(channel))), options.timeoutMs);
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

function runCommand(board: string, argv: string[], timeoutMs: number): Promise<string> {
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = (stderr.trim() || stdout.trim() || error.message).slice(0, 400);
      const message = `board "${board}": command ${JSON.stringify(argv)} failed: ${said}; try it by hand`;
      reject(new PowerError('COMMAND_FAILED', message, { board, timeoutMs }, error));
    });
  });
}
