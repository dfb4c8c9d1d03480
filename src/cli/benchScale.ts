/** `plugpull bench scale`: memory and times of recovery over sizes of the area, on sparse devices of its own. */
import type { Command } from 'commander';
import { integerOption } from './options.js';
import { print, printJson } from './output.js';

const ROUNDS_MAX = 1000;

interface ScaleCommandOptions {
  rounds: number;
  largest: number;
  dir: string;
  json?: boolean;
}

export function addScale(bench: Command): void {
  bench
    .command('scale')
    .description('memory, open, recovery and loading of D over areas of 1 GiB to 1 PiB; temporary sparse loop devices')
    .option('--rounds <n>', 'measurements of each figure, 1 to 1000', integerOption(1, ROUNDS_MAX), 3)
    .option('--largest <tib>', 'leave out areas above this size, 1 to 1024 TiB', integerOption(1, 1024), 1024)
    .option('--dir <dir>', 'directory of the sparse files; ext4 allows 16 TiB, tmpfs and XFS more', '/dev/shm')
    .option('--json', 'print JSON')
    .action(async ({ rounds, largest, dir, json }: ScaleCommandOptions) => {
      const [{ benchmarkScale, SCALE_CASES }, { formatScale }, { interruptible }] = await Promise.all([
        import('../bench/scaleBenchmark.js'),
        import('../bench/scaleReport.js'),
        import('./wayOut.js'),
      ]);
      const cases = SCALE_CASES.filter(({ areaBytes }) => areaBytes <= largest * 2 ** 40);
      const result = await interruptible('bench scale', (i) => benchmarkScale({ cases, rounds, dir }, i));
      if (json) printJson(result);
      else print(formatScale(result));
    });
}
