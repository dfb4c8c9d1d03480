#!/usr/bin/env node
/**
 * The exit point. Commands set an exit code or throw a typed error. Only a second interrupt and an uncaught error
 * end the process elsewhere, because they can not wait.
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
    // Commander has printed its error.
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
  process.stderr.write(`plugpull: writing to stdout failed: ${error.message}; the output is incomplete\n`);
});
// Without a terminal no error can be shown, and the command must still end in order.
process.stderr.on('error', () => undefined);
// Node.js resets the SIGHUP handling that nohup has set.
if (hangUpIsIgnored()) process.on('SIGHUP', () => undefined);
catchCrashes();

void main(process.argv).then((exitCode) => {
  // Worker threads and serial ports can keep the event loop running, so the process exits here. The callback of
  // an empty write comes after all output, and the event of a failed write one turn later.
  process.stdout.write('', () =>
    setImmediate(() => process.exit(hasCrashed() || (outputLost && exitCode === EXIT.pass) ? EXIT.internal : exitCode)),
  );
});
