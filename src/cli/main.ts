#!/usr/bin/env node
/**
 * The one exit point. Commands return an exit code or throw a typed error; nothing else ends the process, but for the
 * second interrupt, which may not wait, and an error that nobody caught.
 */
import { CommanderError } from 'commander';
import { hangUpIsIgnored } from '../campaign/session/interrupts.js';
import { catchCrashes, hasCrashed } from './crash.js';
import { errorRecord, EXIT, exitCodeOf, textOfError } from './exitCodes.js';
import { jsonPrinted, printJson } from './output.js';
import { buildProgram } from './program.js';

async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.pass;
  try {
    const program = await buildProgram(argv[2], (code) => {
      exitCode = code;
    });
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    // Commander has said it already.
    if (!(error instanceof CommanderError)) process.stderr.write(`plugpull: ${textOfError(error)}\n`);
    const exitCode = exitCodeOf(error);
    if (argv.includes('--json') && exitCode !== EXIT.pass && !jsonPrinted())
      printJson({ error: errorRecord(error, exitCode) });
    return exitCode;
  }
}

let outputLost = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that closes the pipe early (`| head`) is no error.
  if (error.code === 'EPIPE' || outputLost) return;
  outputLost = true;
  process.stderr.write(`plugpull: what is printed is lost: ${error.message}\n`);
});
// With the terminal gone there is nobody to complain to, and the way out has to go on.
process.stderr.on('error', () => undefined);
// Node.js has undone what nohup did.
if (hangUpIsIgnored()) process.on('SIGHUP', () => undefined);
catchCrashes();

const exitCode = await main(process.argv);
// Worker threads and serial ports may hold the event loop; all that matters has been written by now. A failed write is
// told a turn later.
process.stdout.write('', () =>
  setImmediate(() => process.exit(hasCrashed() || (outputLost && exitCode === EXIT.pass) ? EXIT.internal : exitCode)),
);
