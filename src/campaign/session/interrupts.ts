/**
 * SIGINT, SIGTERM and SIGHUP while hardware is in our hands. The first asks for an orderly end; a second one gets power
 * restored and the process ended, whatever else is still open.
 *
 * One wish arrives as several signals: npm passes a Ctrl-C on that the terminal has delivered already, a terminal that
 * closes sends SIGHUP and its shell sends one more, systemd may send SIGHUP after SIGTERM. So whatever comes within a
 * second of the first is the same wish, of whichever kind it is.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface Interrupts {
  readonly requested: boolean;
  /** What the first signal does from now on; done at once when it has come already. */
  onFirst(fn: () => void): void;
  /** Back to how signals were handled before, once no copy of the first can come any more. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Copies of one signal come within milliseconds; a person who means "now" presses again after this. */
const SAME_WISH_MS = 1000;

/** The signals that end a command in order: SIGHUP is not among them when the process was started to outlive its terminal. */
export function endingSignals(): NodeJS.Signals[] {
  return SIGNALS.filter((signal) => signal !== 'SIGHUP' || !hangUpIsIgnored());
}

/**
 * `onSecond` restores power and ends the process. `onReady`: called when the first signal has come and a further one
 * would be the second, so that it can be said.
 */
export function catchInterrupts(onSecond: () => void, onReady: () => void = () => undefined): Interrupts {
  let state: 'none' | 'asked' | 'ready' | 'hurried' = 'none';
  let first = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const ready = (): void => {
    if (state !== 'asked') return;
    state = 'ready';
    onReady();
  };
  const handler = (): void => {
    if (state === 'none') {
      state = 'asked';
      // Signals that came while the event loop was busy are handled between a timer and the immediate that it sets.
      timer = setTimeout(() => setImmediate(ready), SAME_WISH_MS).unref();
      first();
    } else if (state === 'ready') {
      state = 'hurried';
      onSecond();
    }
  };
  const signals = endingSignals();
  for (const signal of signals) process.on(signal, handler);
  return {
    get requested() {
      return state !== 'none';
    },
    onFirst(fn) {
      if (state !== 'none') fn();
      else first = fn;
    },
    release() {
      const off = (): void => signals.forEach((signal) => void process.off(signal, handler));
      clearTimeout(timer);
      if (state !== 'asked') return off();
      // A command that ends at once would otherwise be killed, in its last moments, by the copy of the signal that ended it.
      state = 'hurried';
      setTimeout(off, SAME_WISH_MS).unref();
    },
  };
}

// MERGED Whether the process was started to outlive its terminal: by nohup, or by a shell that ignores SIGHUP (trap '' HUP).   Node.js sets every signal back to its default as it starts, and npm and npx, which are Node.js, do so for what they  start: SigIgn in /proc/self/status says nothing any more. Two traces are left. `bin/plugpull` looks before it executes  Node.js and passes on what it saw. And GNU nohup replaces a terminal as standard input by /dev/null opened for  writing, which nobody else does and npm hands on.
/** Set by bin/plugpull. */
const VARIABLE = 'PLUGPULL_HANGUP';
const IGNORED = 'ignored';

/** open(2): the two bits that say for reading or writing, and the value for writing alone. */
const ACCESS_BITS = 3;
const WRITE_ONLY = 1;

let answer: boolean | null = null;

export function hangUpIsIgnored(): boolean {
  answer ??= process.env[VARIABLE] === IGNORED || stdinIsOfNohup();
  return answer;
}

function stdinIsOfNohup(): boolean {
  try {
    if (readlinkSync('/proc/self/fd/0') !== '/dev/null') return false;
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'));
    return flags !== null && (parseInt(flags[1], 8) & ACCESS_BITS) === WRITE_ONLY;
  } catch {
    // No /proc, or no standard input: no trace.
    return false;
  }
}
