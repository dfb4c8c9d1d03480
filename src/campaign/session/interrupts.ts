/**
 * SIGINT, SIGTERM and SIGHUP while a command uses hardware. The first signal asks for an orderly end; a second one
 * restores the power and ends the process, whatever is still open.
 *
 * One request arrives as several signals: npm passes on a Ctrl-C that the terminal has already delivered, a closing
 * terminal and its shell both send SIGHUP, systemd may send SIGHUP after SIGTERM. All signals within a second of the
 * first therefore count as one, whatever their kind.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface Interrupts {
  readonly requested: boolean;
  /** Sets what the first signal does; runs `fn` at once when the signal has come already. */
  onFirst(fn: () => void): void;
  /** Restores the earlier handling, once no copy of the first signal can come any more. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Copies of one signal come within milliseconds; an operator who presses again does so later. */
const SAME_WISH_MS = 1000;

/** Signals that end a command in order; without SIGHUP when the process was started to outlive its terminal. */
export function endingSignals(): NodeJS.Signals[] {
  return SIGNALS.filter((signal) => signal !== 'SIGHUP' || !hangUpIsIgnored());
}

/**
 * `onSecond` restores the power and ends the process. `onReady` is called when the first signal has come and a further
 * one would be the second, so that the command can print that.
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
      // Signals that came while the event loop was busy are delivered between a timer and the immediate that it sets.
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
      if (state === 'none') return off();
      // Otherwise a copy of the signal, or a second one that comes just now, would kill a command that is ending.
      state = 'hurried';
      setTimeout(off, SAME_WISH_MS).unref();
    },
  };
}

/*
 * Whether the process was started to outlive its terminal: by nohup, or by a shell that ignores SIGHUP (trap '' HUP).
 * Node.js resets every signal to its default as it starts, and npm and npx (Node.js too) do so for their children:
 * SigIgn in /proc/self/status shows nothing. Two traces remain. `bin/plugpull` checks SigIgn before it executes Node.js
 * and passes the result on. And GNU nohup replaces a terminal as standard input by /dev/null opened for writing, which
 * no other program does and npm passes on.
 */
/** Set by bin/plugpull. */
const VARIABLE = 'PLUGPULL_HANGUP';
const IGNORED = 'ignored';

/** open(2): the access mode is in two bits; this value is write-only. */
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
    // No /proc, or no standard input.
    return false;
  }
}
