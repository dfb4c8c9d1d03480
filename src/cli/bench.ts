/** `plugpull bench …`: benchmarks of plugpull beside fio and other tools in the same run. Ratios, no verdicts. */
import type { Command } from 'commander';
import { addBenchCore } from './benchCore.js';
import { addBenchIo } from './benchIo.js';
import { addBenchMirror } from './benchMirror.js';
import { addBenchResync } from './benchResync.js';

export function addBench(program: Command): void {
  const bench = program.command('bench').description('benchmarks: I/O compared with fio, and the tracker core');
  addBenchIo(bench);
  addBenchMirror(bench);
  addBenchCore(bench);
  addBenchResync(bench);
}
