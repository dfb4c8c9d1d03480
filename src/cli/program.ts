/**
 * All commands, in the order in which they are listed. The module of a command is loaded when it is named; only
 * `--help` and mistakes load all of them, since schemas, ports and native code take their time.
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
    .description('Pull the plug on disk arrays, and prove what survived.')
    // Mistakes in a command line are told as every other error is.
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'plugpull: ')) })
    .exitOverride();
  const named = word !== undefined && Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]] : Object.values(COMMANDS);
  for (const load of named) (await load())(program, setExit);
  pointToHelp(program, []);
  return program;
}

/** After a mistake: the help of the very command. */
function pointToHelp(command: Command, above: readonly string[]): void {
  const words = [...above, command.name()];
  command.showHelpAfterError(
    `(${words.join(' ')} --help ${command.commands.length > 0 ? 'lists the commands' : 'says what it takes'})`,
  );
  for (const sub of command.commands) pointToHelp(sub, words);
}
