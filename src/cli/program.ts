/** All commands, in the order in which they are listed. */
import { Command } from 'commander';
import { addDoctor } from './doctor.js';
import { addLab } from './lab.js';
import { addPlan } from './plan.js';
import { addRelay } from './relay.js';
import { addReport } from './report.js';
import { addResync } from './resync.js';
import { addRun } from './run.js';
import { addVerify } from './verify.js';

/** Given to each command: the code with which the process is to end. */
export type SetExit = (code: number) => void;

export function buildProgram(setExit: SetExit): Command {
  const program = new Command('plugpull')
    .description('Pull the plug on disk arrays, and prove what survived.')
    .showHelpAfterError('(plugpull --help lists the commands)')
    .exitOverride();
  for (const add of [addRun, addPlan, addDoctor, addResync, addVerify, addRelay, addLab, addReport]) {
    add(program, setExit);
  }
  return program;
}
