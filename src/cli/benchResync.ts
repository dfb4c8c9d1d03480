/** `plugpull bench resync`. */
import type { Command } from 'commander';
import { addDeviceOptions, runDeviceBench, type DeviceBenchOptions } from './benchDevices.js';
import { ffiOption, type FfiName } from './options.js';

export function addBenchResync(bench: Command): void {
  const command = bench
    .command('resync')
    .description('resync of scattered regions compared with dd and fio; OVERWRITES the devices of --device');
  addDeviceOptions(command, { counts: 'three times: primary, secondary, journal', size: 1024, seconds: 60, rounds: 7 })
    .addOption(ffiOption())
    .action(async (options: DeviceBenchOptions & { seconds: number; ffi: FfiName }) => {
      const { seconds, rounds, ffi } = options;
      const [{ benchmarkResync }, report] = await Promise.all([
        import('../bench/resyncBenchmark.js'),
        import('../bench/resyncReport.js'),
      ]);
      await runDeviceBench(options, {
        name: 'bench resync',
        counts: [3],
        measure: (devices, interruption) => benchmarkResync({ devices, seconds, rounds, ffi }, interruption),
        format: report.formatResync,
        plot: report.plotResync,
      });
    });
}
