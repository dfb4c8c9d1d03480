/** `plugpull explore`: every crash that the devices' promises allow, on the engine's own core, codec and recovery. */
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
import { wholeNumber } from './options.js';
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

/** A mutant that lives longer is taken to have survived. */
const MUTANT_SECONDS_MAX = 30;
/** Without --seconds: everything of this size, and so many walks. */
const WALKS = 200;
const DAY_SECONDS = 86_400;
const STATES_MAX = 1_000_000_000;
const THREADS_MAX = 64;

export function addExplore(program: Command, setExit: SetExit): void {
  program
    .command('explore')
    .description('crash-state exploration: the engine on modelled devices, every crash, every recovery')
    .option(
      '--seconds <n>',
      'end after this time; the result depends on the speed of the host',
      wholeNumber(1, DAY_SECONDS),
    )
    .option(
      '--states <n>',
      'end after this many states of the protocol (without --seconds and --states: all scripts of --updates, and 200 walks)',
      wholeNumber(1, STATES_MAX),
    )
    .option('--depth <n>', 'steps of one life of the host in exhaustive searches', wholeNumber(1, 1000), 60)
    .option('--crashes <n>', 'crashes in one history of exhaustive searches, 0 to 3', wholeNumber(0, 3), 2)
    .option('--updates <n>', 'updates of the scripts, 1 to 6', wholeNumber(1, 6), 3)
    .option(
      '--seed <n>',
      'of the random walks; with --states and the same --threads the same seed gives the same result, with --seconds it need not',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option(
      '--threads <n>',
      'explorers side by side',
      wholeNumber(1, THREADS_MAX),
      Math.min(availableParallelism(), THREADS_MAX),
    )
    .option('--mutant <name>', 'explore an engine that is broken on purpose')
    .option('--mutants', 'all broken engines, each until it is found out')
    .option('--keep <dir>', 'with --mutants: write each counterexample there')
    .option('--replay <trace>', 'run a trace that was found before, with or without --mutant')
    .option('--out <trace>', 'where the trace of a violation is written', 'plugpull-trace.json')
    .option('--json', 'for programs')
    .action(async (options: ExploreCommandOptions) => {
      refuseUnfit(options);
      if (options.replay !== undefined) setExit(replayTrace(options, options.replay));
      else if (options.mutants) setExit(await huntMutants(options));
      else setExit(await exploreOnce(options));
    });
}

/** Before hours of searching: options that go together, and a place for what may be found. @throws UsageError */
function refuseUnfit({ mutants, mutant, keep, replay, out, seconds, states }: ExploreCommandOptions): void {
  if (seconds !== undefined && states !== undefined)
    throw new UsageError('--seconds and --states exclude each other: leave out one of them');
  if (keep !== undefined && !mutants) throw new UsageError('--keep goes with --mutants; a single trace goes to --out');
  if (mutants && (mutant ?? replay) !== undefined)
    throw new UsageError('--mutants takes all of them: leave out --mutant and --replay');
  if (replay !== undefined) return;
  const place = mutants ? keep : dirname(out);
  if (place === undefined) return;
  try {
    if (!statSync(place).isDirectory()) throw new Error('not a directory');
    accessSync(place, constants.W_OK);
    if (!mutants && statSync(out, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${out} is a directory`);
  } catch (error) {
    throw new UsageError(
      `a trace can't be written to ${place} (${textOf(error)}); name another place with ${mutants ? '--keep' : '--out'}`,
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
