/**
 * Whether the process was started to outlive its terminal: by nohup, or by a shell that ignores SIGHUP (trap '' HUP).
 *
 * Node.js sets every signal back to its default as it starts, and npm and npx, which are Node.js, do so for what they
 * start: SigIgn in /proc/self/status says nothing any more. Two traces are left. `bin/plugpull` looks before it executes
 * Node.js and passes on what it saw. And GNU nohup replaces a terminal as standard input by /dev/null opened for
 * writing, which nobody else does and npm hands on.
 */
import { readFileSync, readlinkSync } from 'node:fs';

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
