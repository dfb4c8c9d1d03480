/** `plugpull bench verify` and `plugpull bench scan`. */
import type { Command } from 'commander';
import type { ScanKind } from '../bench/scanReport.js';
import { addDeviceOptions, runDeviceBench, type DeviceBenchOptions } from './benchDevices.js';
import { ffiOption, type FfiName } from './options.js';

const MIB = 2 ** 20;

const DESCRIPTIONS: Record<ScanKind, string> = {
  verify: 'comparison of P and S in every byte, beside cmp; OVERWRITES the devices of --device',
  scan: 'judging every sector, beside the comparison; OVERWRITES the devices of --device',
};

export function addBenchScan(bench: Command, kind: ScanKind): void {
  const command = bench.command(kind).description(DESCRIPTIONS[kind]);
  addDeviceOptions(command, { counts: 'three times: primary, secondary, journal', size: 512, rounds: 7 })
    .addOption(ffiOption())
    .action(async (options: DeviceBenchOptions & { ffi: FfiName }) => {
      const { rounds, ffi, size } = options;
      const [{ benchmarkScan }, report] = await Promise.all([
        import('../bench/scanBenchmark.js'),
        import('../bench/scanReport.js'),
      ]);
      await runDeviceBench(options, {
        name: `bench ${kind}`,
        counts: [3],
        measure: (devices, interruption) =>
          benchmarkScan({ kind, devices, usedBytes: size * MIB, rounds, ffi }, interruption),
        format: report.formatScan,
        plot: report.plotScan,
      });
    });
}
