/** Shared by the tests in a virtual machine: start and end of the machine, blank disks, calls of identity and gate. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { AreaName } from '../../src/base/areas.js';
import type { GateReport, GateRequest } from '../../src/gate/gateReport.js';
import type { DeviceIdentity } from '../../src/blockdev/blockDevice.js';
import { startMachine, type Machine, type MachineOptions } from './machine.js';
import { because, missingOf, whyNoMachine } from './prerequisites.js';

export const MIB = 2 ** 20;
/** Bounds a hang only: on a busy host one second of the guest may take ten. */
export const TEST_MS = 900_000;
/** For work that the guest's kernel and udev do asynchronously; bounds a hang only. */
export const IN_THE_END = { timeout: 300_000, interval: 500 };

/** `programs`: names of the programs that these tests run in the guest, each with its Debian package. */
export function describeInMachine(title: string, programs: Record<string, string>, body: () => void): void {
  const reason = whyNoMachine() ?? missingOf(programs);
  describe.skipIf(reason !== null)(`${title}${because(reason)}`, { timeout: TEST_MS }, body);
}

/** One machine for the calling suite. `options` is called before its start and may create what the machine uses. */
export function useMachine(options: () => MachineOptions | Promise<MachineOptions>): { readonly machine: Machine } {
  let machine: Machine | null = null;
  beforeAll(async () => {
    machine = await startMachine(await options());
  }, TEST_MS);
  afterAll(async () => machine?.close());
  return {
    get machine() {
      if (machine === null) throw new Error('the machine is started by beforeAll');
      return machine;
    },
  };
}

/** Sparse files of zeros, removed after the suite. */
export function useBlankDisks(): (name: string, bytes?: number) => string {
  let folder: string | null = null;
  afterAll(() => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  });
  return (name, bytes = 16 * MIB) => {
    folder ??= mkdtempSync(join(tmpdir(), 'plugpull-vm-disks-'));
    const path = join(folder, name);
    writeFileSync(path, '');
    truncateSync(path, bytes);
    return path;
  };
}

export function identify(machine: Machine, path: string): Promise<DeviceIdentity> {
  return machine.call('blockdev/openDevice.js', 'identify', path);
}

/** The gate's report. A request without a role gets the next one in order. */
export function askGate(machine: Machine, requests: readonly Partial<GateRequest>[]): Promise<GateReport> {
  const roles: AreaName[] = ['primary', 'secondary', 'journal'];
  const complete = requests.map((request, i) => ({ role: roles[i % roles.length], lab: false, ...request }));
  return machine.call('gate/gate.js', 'checkGate', complete);
}

/** Kernel names of the disk's paths, one per adapter. Drivers find disks in no fixed order. */
export async function pathsOf(machine: Machine, wwn: string): Promise<string[]> {
  const names = (await machine.must('lsblk', '--noheadings', '--nodeps', '--output', 'NAME,WWN'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return names.filter(([, listed]) => listed === `0x${wwn}`).map(([name]) => `/dev/${name}`);
}

export function codesOf(report: GateReport): string[] {
  return report.findings.map((finding) => finding.code);
}
