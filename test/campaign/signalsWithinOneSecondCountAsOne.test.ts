/**
 * Promise: signals within a second of the first signal count as one interrupt, whatever their kinds. This holds also
 * when the process handles them late.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../dist/campaign/session/interrupts.js', import.meta.url));

/**
 * Text of a program that prints a word for each event. `copies` are signals that the process sends to itself together
 * with the first one: another process may not get to send them within the second. `blockMs`: then the event loop is
 * busy for so long. `endsAt`: at this word the program releases its handlers; it ends half a second later.
 */
const program = (copies: NodeJS.Signals[], blockMs: number, endsAt: 'first' | 'ready' | null): string => `
import { writeSync } from 'node:fs';
import { catchInterrupts } from ${JSON.stringify(MODULE)};
const say = (text) => writeSync(1, text + '\\n');
const interrupts = catchInterrupts(() => { say('second'); process.exit(7); }, () => { say('ready'); end('ready'); });
const end = (word) => { if (word === ${JSON.stringify(endsAt)}) { interrupts.release(); setTimeout(() => { say('ended'); process.exit(0); }, 500); say('released'); } };
interrupts.onFirst(() => { say('first'); for (const copy of ${JSON.stringify(copies)}) process.kill(process.pid, copy); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${blockMs}); end('first'); });
setInterval(() => undefined, 1000);
say('waiting');`;

/** Runs the program. When it prints a word of `signals`, sends it the signals of that word. Resolves with all words. */
function wordsOf(
  copies: NodeJS.Signals[],
  blockMs: number,
  signals: Record<string, NodeJS.Signals[]>,
  endsAt: 'first' | 'ready' | null = null,
): Promise<{ words: string[]; code: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program(copies, blockMs, endsAt)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    for (const word of more.split('\n')) for (const signal of signals[word] ?? []) child.kill(signal);
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ words: text.trim().split('\n'), code })));
}

it.each<[string, NodeJS.Signals, NodeJS.Signals[]]>([
  ['Ctrl-C that npm passes on', 'SIGINT', ['SIGINT']],
  ['a terminal that closes and its shell', 'SIGHUP', ['SIGHUP', 'SIGTERM']],
  ['systemd with SendSIGHUP', 'SIGTERM', ['SIGHUP']],
])('one interrupt comes from %s', async (_what, first, more) => {
  // The program prints `ready` only if the copies have not ended it.
  expect(await wordsOf(more, 0, { waiting: [first], ready: ['SIGTERM'] })).toEqual({
    words: ['waiting', 'first', 'ready', 'second'],
    code: 7,
  });
});

it('a copy that a busy event loop handles after the second still counts as a copy', async () => {
  expect(await wordsOf(['SIGINT'], 1500, { waiting: ['SIGINT'], ready: ['SIGINT'] })).toEqual({
    words: ['waiting', 'first', 'ready', 'second'],
    code: 7,
  });
});

it('a copy that comes after the command has released its handlers does not kill the command', async () => {
  expect(await wordsOf([], 0, { waiting: ['SIGINT'], released: ['SIGINT'] }, 'first')).toEqual({
    words: ['waiting', 'first', 'released', 'ended'],
    code: 0,
  });
});

it('a second signal that comes after the command has released its handlers does not kill the command', async () => {
  expect(await wordsOf([], 0, { waiting: ['SIGINT'], released: ['SIGINT'] }, 'ready')).toEqual({
    words: ['waiting', 'first', 'ready', 'released', 'ended'],
    code: 0,
  });
});
