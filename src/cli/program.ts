/**
 * All commands, in the order of the help. Only the module of the given command is loaded, because schemas, serial ports
 * and native code take time to load; `--help` and an unknown command load all of them.
 */
import { Command } from 'commander';
import type { SetExit } from './exitCodes.js';
import { plugpullVersion } from './options.js';

type Add = (program: Command, setExit: SetExit) => void;

const COMMANDS: Record<string, () => Promise<Add>> = {
  run: async () => (await import('./run.js')).addRun,
  plan: async () => (await import('./plan.js')).addPlan,
  enrol: async () => (await import('./enrol.js')).addEnrol,
  doctor: async () => (await import('./doctor.js')).addDoctor,
  resync: async () => (await import('./resync.js')).addResync,
  verify: async () => (await import('./verify.js')).addVerify,
  inspect: async () => (await import('./inspect.js')).addInspect,
  relay: async () => (await import('./relay.js')).addRelay,
  lab: async () => (await import('./lab.js')).addLab,
  serve: async () => (await import('./serve.js')).addServe,
  replay: async () => (await import('./replay.js')).addReplay,
  report: async () => (await import('./report.js')).addReport,
  explore: async () => (await import('./explore.js')).addExplore,
  bench: async () => (await import('./bench.js')).addBench,
};

/** `word`: the first argument. */
export async function buildProgram(word: string | undefined, setExit: SetExit): Promise<Command> {
  const program = new Command('plugpull')
    .version(plugpullVersion(), '--version')
    .description('Test bench for disk arrays: cuts their power, and checks which writes survive.')
    // Errors in a command line look like every other error.
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'plugpull: ')) })
    .exitOverride();
  const named = word !== undefined && Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]] : Object.values(COMMANDS);
  for (const load of named) (await load())(program, setExit);
  pointToHelp(program, []);
  return program;
}

/** An error in a command line names the help of that command. */
function pointToHelp(command: Command, above: readonly string[]): void {
  const words = [...above, command.name()];
  command.showHelpAfterError(
    `(${words.join(' ')} --help ${command.commands.length > 0 ? 'lists the commands' : 'describes its options'})`,
  );
  for (const sub of command.commands) pointToHelp(sub, words);
}
