/** What the tests in a virtual machine share: its life, blank disks, and what the bench in it is asked. */
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
/** For a hang only: on a host that is busy with others a second of the guest may take ten. */
export const TEST_MS = 900_000;
/** For what the guest's kernel and udev do in their own time; a hang again. */
export const IN_THE_END = { timeout: 300_000, interval: 500 };

/** `programs`: what these tests run in the guest, each with its Debian package. */
export function describeInMachine(title: string, programs: Record<string, string>, body: () => void): void {
  const reason = whyNoMachine() ?? missingOf(programs);
  describe.skipIf(reason !== null)(`${title}${because(reason)}`, { timeout: TEST_MS }, body);
}

/** One machine for the suite that calls this, ended after it. `options` is asked first, and may make what the machine uses. */
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

/** Sparse files of zeroes, removed after the suite. */
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

/** The gate's answer; roles are given in order to requests that have none. */
export function askGate(machine: Machine, requests: readonly Partial<GateRequest>[]): Promise<GateReport> {
  const roles: AreaName[] = ['primary', 'secondary', 'journal'];
  const whole = requests.map((request, i) => ({ role: roles[i % roles.length], lab: false, ...request }));
  return machine.call('gate/gate.js', 'checkGate', whole);
}

/** Kernel names of the disk's paths, one each adapter; in which order drivers find disks is nobody's promise. */
export async function pathsOf(machine: Machine, wwn: string): Promise<string[]> {
  const names = (await machine.must('lsblk', '--noheadings', '--nodeps', '--output', 'NAME,WWN'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return names.filter(([, told]) => told === `0x${wwn}`).map(([name]) => `/dev/${name}`);
}

export function codesOf(report: GateReport): string[] {
  return report.findings.map((finding) => finding.code);
}
