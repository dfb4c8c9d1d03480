/** `plugpull bench io`. */
import { Option, type Command } from 'commander';
import { addDeviceOptions, runDeviceBench, type DeviceBenchOptions } from './benchDevices.js';
import type { FfiName } from './options.js';

interface IoCommandOptions extends DeviceBenchOptions {
  seconds: number;
  ffi: FfiName | 'both';
}

export function addBenchIo(bench: Command): void {
  const command = bench
    .command('io')
    .description('raw I/O compared with fio, and the mirrored, tracked write path; OVERWRITES the devices of --device');
  addDeviceOptions(command, {
    counts: 'once for raw I/O, three times for primary, secondary and journal',
    size: 128,
    seconds: 60,
    rounds: 5,
  })
    .addOption(
      new Option('--ffi <name>', 'FFI binding that loads the native library')
        .choices(['koffi', 'ffi-napi', 'both'])
        .env('PLUGPULL_FFI')
        .default('both'),
    )
    .action(async (options: IoCommandOptions) => {
      const { seconds, rounds, ffi } = options;
      const [{ benchmarkIo }, report] = await Promise.all([
        import('../bench/ioBenchmark.js'),
        import('../bench/ioReport.js'),
      ]);
      await runDeviceBench(options, {
        name: 'bench io',
        counts: [1, 3],
        measure: (devices, interruption) => benchmarkIo({ devices, seconds, rounds, ffi }, interruption),
        format: report.formatIo,
        plot: report.plotIo,
      });
    });
}
