/** `plugpull bench core`. */
import type { Command } from 'commander';
import { ROUNDS_MAX, SECONDS_MAX } from './benchDevices.js';
import { integerOption, path } from './options.js';
import { print, printJson } from './output.js';

const REGIONS_MAX = 2 ** 30;
const IN_FLIGHT_MAX = 2 ** 20;

interface CoreCommandOptions {
  seconds: number;
  rounds: number;
  regions: number;
  inFlight: number;
  plot?: string;
  json?: boolean;
}

export function addBenchCore(bench: Command): void {
  bench
    .command('core')
    .description('the tracker core alone, compared with a Map of Sets; uses no device')
    .option('--seconds <n>', 'total measuring time, 1 to 3600 s', integerOption(1, SECONDS_MAX), 30)
    .option('--rounds <n>', 'measurements of each figure, 1 to 1000', integerOption(1, ROUNDS_MAX), 5)
    .option('--regions <n>', 'regions of the storage area, 1 to 2^30', integerOption(1, REGIONS_MAX), 2 ** 20)
    .option('--in-flight <n>', 'updates in flight, 1 to 2^20', integerOption(1, IN_FLIGHT_MAX), 2 ** 16)
    .option('--plot <file>', 'also draw the result as SVG', path)
    .option('--json', 'print JSON')
    .action(async ({ json, plot, regions: regionCount, inFlight, seconds, rounds }: CoreCommandOptions) => {
      const [{ benchmarkCore }, { formatCore, plotCore }, plots, { interruptible }] = await Promise.all([
        import('../bench/coreBenchmark.js'),
        import('../bench/coreReport.js'),
        import('../bench/plot.js'),
        import('./wayOut.js'),
      ]);
      if (plot !== undefined) plots.checkPlotFile(plot);
      const result = await interruptible('bench core', (i) =>
        benchmarkCore({ regionCount, inFlight, seconds, rounds }, i),
      );
      if (json) printJson(result);
      else print(formatCore(result));
      if (plot !== undefined) await plots.writePlot(plot, plotCore(result));
    });
}
