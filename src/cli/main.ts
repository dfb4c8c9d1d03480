#!/usr/bin/env node
/**
 * The one exit point. Commands return an exit code or throw a typed error; nothing else ends the process, but for the
 * second interrupt, which may not wait.
 */
import { CommanderError } from 'commander';
import { EXIT, exitCodeOf, textOfError } from './exitCodes.js';
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
    return exitCodeOf(error);
  }
}

// A reader that closes the pipe early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const exitCode = await main(process.argv);
// Worker threads and serial ports may hold the event loop; all that matters has been written by now.
process.stdout.write('', () => process.exit(exitCode));
