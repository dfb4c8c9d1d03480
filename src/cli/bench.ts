/** `plugpull bench …`: benchmarks of plugpull beside fio and other tools in the same run. Ratios, no verdicts. */
import type { Command } from 'commander';
import { addBenchCore } from './benchCore.js';
import { addBenchIo } from './benchIo.js';
import { addBenchMirror } from './benchMirror.js';
import { addBenchRegions } from './benchRegions.js';
import { addBenchResync } from './benchResync.js';
import { addScale } from './benchScale.js';
import { addBenchScan } from './benchScan.js';

export function addBench(program: Command): void {
  const bench = program.command('bench').description('benchmarks beside fio, dd and cmp, and of the tracker core');
  addBenchIo(bench);
  addBenchMirror(bench);
  addBenchCore(bench);
  addBenchRegions(bench);
  addBenchResync(bench);
  addBenchScan(bench, 'verify');
  addBenchScan(bench, 'scan');
  addScale(bench);
}
