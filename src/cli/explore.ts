/**
 * `plugpull explore`: every crash state that the devices' guarantees allow, with the core, journal format and recovery
 * of the product.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { explore, type ExploreReport, type ExploreRequest } from '../explore/explore.js';
import { mutantNamed, MUTANTS } from '../explore/mutants/index.js';
import { replay } from '../explore/replay.js';
import { readTrace, traceTable, writeTrace } from '../explore/traceFile.js';
import { REAL_PARTS } from '../explore/world.js';
import { textOf } from '../campaign/errors.js';
import { UsageError } from '../base/plugpullError.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { integerOption } from './options.js';
import { print, printJson } from './output.js';

interface ExploreCommandOptions {
  depth: number;
  crashes: number;
  updates: number;
  seconds?: number;
  states?: number;
  seed: number;
  threads: number;
  mutant?: string;
  mutants?: boolean;
  keep?: string;
  replay?: string;
  out: string;
  json?: boolean;
}

/** A mutant that is not found in this time has survived. */
const MUTANT_SECONDS_MAX = 30;
/** Random walks without --seconds. */
const WALKS = 200;
const DAY_SECONDS = 86_400;
const STATES_MAX = 1_000_000_000;
const THREADS_MAX = 64;

export function addExplore(program: Command, setExit: SetExit): void {
  program
    .command('explore')
    .description('crash-state exploration: the tracker on simulated devices, with every crash and every recovery')
    .option(
      '--seconds <n>',
      `time for searches and walks, 1 to ${DAY_SECONDS} s; the result depends on the speed of the host`,
      integerOption(1, DAY_SECONDS),
    )
    .option(
      '--states <n>',
      `end after this many states of the protocol (default without --seconds: all scripts of --updates, and ${WALKS} walks)`,
      integerOption(1, STATES_MAX),
    )
    .option('--depth <n>', 'steps between two crashes in exhaustive searches, 1 to 1000', integerOption(1, 1000), 60)
    .option('--crashes <n>', 'crashes in one exhaustive search, 0 to 3', integerOption(0, 3), 2)
    .option('--updates <n>', 'updates in a script, 1 to 6', integerOption(1, 6), 3)
    .option(
      '--seed <n>',
      'seed of the random walks, 0 to 2^53-1; with --states and the same --threads the same seed gives the same result, with --seconds it need not',
      integerOption(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option(
      '--threads <n>',
      `worker threads, 1 to ${THREADS_MAX}`,
      integerOption(1, THREADS_MAX),
      Math.min(availableParallelism(), THREADS_MAX),
    )
    .option('--mutant <name>', 'explore this mutant, which breaks one rule on purpose')
    .option('--mutants', 'explore all mutants, each until a violation is found')
    .option('--keep <dir>', 'with --mutants: directory for the counterexamples (default: not written)')
    .option('--replay <trace>', 'run a trace file again, with or without --mutant')
    .option('--out <trace>', 'file for the trace of a violation', 'plugpull-trace.json')
    .option('--json', 'print JSON')
    .action(async (options: ExploreCommandOptions) => {
      refuseUnfit(options);
      if (options.replay !== undefined) setExit(replayTrace(options, options.replay));
      else if (options.mutants) setExit(await huntMutants(options));
      else setExit(await exploreOnce(options));
    });
}

/** Checks options and output paths before the search, which can take hours. @throws UsageError */
function refuseUnfit({ mutants, mutant, keep, replay, out, seconds, states }: ExploreCommandOptions): void {
  if (seconds !== undefined && states !== undefined)
    throw new UsageError('--seconds and --states exclude each other: leave out one of them');
  if (keep !== undefined && !mutants)
    throw new UsageError('--keep needs --mutants; a single trace is written to --out');
  if (mutants && (mutant ?? replay) !== undefined)
    throw new UsageError('--mutants can not be combined with --mutant or --replay; leave them out');
  if (replay !== undefined) return;
  const place = mutants ? keep : dirname(out);
  if (place === undefined) return;
  try {
    if (!statSync(place).isDirectory()) throw new Error('not a directory');
    accessSync(place, constants.W_OK);
    if (!mutants && statSync(out, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${out} is a directory`);
  } catch (error) {
    throw new UsageError(
      `${place}: a trace can not be written there (${textOf(error)}); give another path with ${mutants ? '--keep' : '--out'}`,
    );
  }
}

function requestOf(o: ExploreCommandOptions): ExploreRequest {
  return {
    seed: o.seed,
    seconds: o.seconds ?? null,
    states: o.states ?? null,
    depth: o.depth,
    crashes: o.crashes,
    updatesMax: o.updates,
    walks: WALKS,
    walkPart: 0.5,
    tearing: 'sector',
    threads: o.threads,
    mutant: o.mutant ?? null,
  };
}

async function exploreOnce(options: ExploreCommandOptions): Promise<number> {
  const report = await explore(requestOf(options));
  const { finding } = report;
  if (finding !== null) writeTrace(options.out, finding.trace);
  if (options.json) printJson(report);
  else print(formatReport(report));
  if (finding === null) return EXIT.pass;
  if (!options.json) {
    const mutant = options.mutant === undefined ? '' : ` --mutant ${options.mutant}`;
    const parts = options.mutant === undefined ? REAL_PARTS : mutantNamed(options.mutant).parts;
    print(
      `\n${traceTable(finding.trace, finding.violation, parts)}\n\nplugpull explore${mutant} --replay ${options.out}`,
    );
  }
  return EXIT.fail;
}

function replayTrace(options: ExploreCommandOptions, path: string): number {
  const trace = readTrace(path);
  const parts = options.mutant === undefined ? REAL_PARTS : mutantNamed(options.mutant).parts;
  const { violation, steps } = replay(trace, parts);
  if (options.json) printJson({ violation, steps: steps.length });
  else if (violation === null) print(`${steps.length} of ${trace.steps.length} steps taken, no rule broken`);
  else print(traceTable({ ...trace, steps }, violation, parts));
  return violation === null ? EXIT.pass : EXIT.fail;
}

interface MutantResult {
  name: string;
  rule: string;
  knownFailure: number | null;
  killed: boolean;
  by: string | null;
  seconds: number;
  steps: number;
}

async function huntMutants(options: ExploreCommandOptions): Promise<number> {
  const results: MutantResult[] = [];
  for (const mutant of MUTANTS) {
    const request = {
      ...requestOf(options),
      seconds: options.states === undefined ? (options.seconds ?? MUTANT_SECONDS_MAX) : null,
      crashes: 1,
      walkPart: 0.8,
      threads: 1,
      mutant: mutant.name,
    };
    const report = await explore(request);
    const { name, rule, knownFailure } = mutant;
    if (report.finding !== null && options.keep !== undefined)
      writeTrace(join(options.keep, `${name}.json`), report.finding.trace);
    const killed = report.finding !== null;
    results.push({
      name,
      rule,
      knownFailure,
      killed,
      by: report.finding?.violation.rule ?? null,
      seconds: report.seconds,
      steps: report.finding?.trace.steps.length ?? 0,
    });
    if (!options.json) print(formatMutant(results[results.length - 1]));
  }
  const survivors = results.filter((r) => !r.killed).map((r) => r.name);
  if (options.json)
    printJson({ mutants: results.length, killed: results.length - survivors.length, survivors, results });
  else
    print(
      `${results.length - survivors.length} of ${results.length} killed${survivors.length > 0 ? `; alive: ${survivors.join(', ')}` : ''}`,
    );
  return survivors.length === 0 ? EXIT.pass : EXIT.fail;
}

function formatMutant(m: MutantResult): string {
  const end = m.killed
    ? `killed by ${m.by} in ${m.seconds.toFixed(2)} s, counterexample of ${m.steps} steps`
    : 'SURVIVES';
  return `${m.name.padEnd(26)} ${m.rule.padEnd(4)} ${end}`;
}

function formatReport(r: ExploreReport): string {
  const counts = (table: Record<string, number>): string =>
    Object.entries(table)
      .map(([name, n]) => `  ${name.padEnd(24)} ${String(n).padStart(12)}`)
      .join('\n');
  return [
    `${r.distinctStates} distinct crash states (${r.distinctStatesPerSecond} a second), ${r.violations} violations`,
    `${r.states} states of the protocol, ${r.crashStates} crash states judged in them, ${r.recoveries} recoveries, ${r.seconds.toFixed(1)} s`,
    `exhaustive to depth ${r.depth}: ${r.searchesExhaustive} of ${r.searches} searches (the others were cut off); deepest ${r.deepest} steps`,
    `sampled: ${r.walks} random walks of seed ${r.seed}, ${r.walkSteps} steps`,
    'rules',
    counts(r.rules),
    'effects',
    counts(r.effects),
    'core',
    counts(r.core),
  ].join('\n');
}
