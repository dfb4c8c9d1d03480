/**
 * Promise: what comes within a second of the first signal is the same wish, of any kind, also when it is heard late.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../dist/campaign/session/interrupts.js', import.meta.url));

/**
 * Prints what it comes to. `copies`: come at once with the first signal, sent by the process itself: another one may
 * not have its turn for a second. `blockMs`: its event loop is busy for so long when they have come.
 */
const program = (copies: NodeJS.Signals[], blockMs: number, ends = false): string => `
import { writeSync } from 'node:fs';
import { catchInterrupts } from ${JSON.stringify(MODULE)};
const say = (text) => writeSync(1, text + '\\n');
const interrupts = catchInterrupts(() => { say('second'); process.exit(7); }, () => say('ready'));
interrupts.onFirst(() => { say('first'); for (const copy of ${JSON.stringify(copies)}) process.kill(process.pid, copy); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${blockMs}); ${ends ? 'interrupts.release(); setTimeout(() => { say("ended"); process.exit(0); }, 500); say("released");' : ''} });
setInterval(() => undefined, 1000);
say('waiting');`;

/** Sends the signals that belong to each word once that has been said; resolves with all that was said. */
function said(
  copies: NodeJS.Signals[],
  blockMs: number,
  signals: Record<string, NodeJS.Signals[]>,
  ends = false,
): Promise<{ words: string[]; code: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program(copies, blockMs, ends)], {
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
  ['Ctrl-C passed on by npm', 'SIGINT', ['SIGINT']],
  ['a terminal that closes, and its shell', 'SIGHUP', ['SIGHUP', 'SIGTERM']],
  ['systemd with SendSIGHUP', 'SIGTERM', ['SIGHUP']],
])('%s', async (_what, first, more) => {
  // Ready is said only by a process that the others have not ended.
  expect(await said(more, 0, { waiting: [first], ready: ['SIGTERM'] })).toEqual({
    words: ['waiting', 'first', 'ready', 'second'],
    code: 7,
  });
});

it('a copy that is heard only after the second, since the loop was busy, is a copy all the same', async () => {
  expect(await said(['SIGINT'], 1500, { waiting: ['SIGINT'], ready: ['SIGINT'] })).toEqual({
    words: ['waiting', 'first', 'ready', 'second'],
    code: 7,
  });
});

it('a copy that comes when the command has ended in order kills nothing', async () => {
  expect(await said([], 0, { waiting: ['SIGINT'], released: ['SIGINT'] }, true)).toEqual({
    words: ['waiting', 'first', 'released', 'ended'],
    code: 0,
  });
});
