/** What the tests in a virtual machine share: its life, blank disks, and what the bench in it is asked. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { GateReport, GateRequest, GateRole } from '../../src/device/gateTypes.js';
import type { DeviceIdentity } from '../../src/device/port.js';
import { startMachine, type Machine, type MachineOptions } from './machine.js';
import { because, missingOf, whyNoMachine } from './prerequisites.js';

export const MIB = 2 ** 20;
/** Of a whole suite's start, on a host that emulates two machines at once. */
const START_MS = 240_000;

/** `programs`: what these tests run in the guest, each with its Debian package. */
export function describeInMachine(title: string, programs: Record<string, string>, body: () => void): void {
  const reason = whyNoMachine() ?? missingOf(programs);
  describe.skipIf(reason !== null)(`${title}${because(reason)}`, body);
}

/** One machine for the suite that calls this, ended after it. `options` is asked first, and may make what the machine uses. */
export function useMachine(options: () => MachineOptions | Promise<MachineOptions>): { readonly machine: Machine } {
  let machine: Machine | null = null;
  beforeAll(async () => {
    machine = await startMachine(await options());
  }, START_MS);
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
  return machine.call('device/openDevice.js', 'identify', path);
}

/** The gate's answer; roles are given in order to requests that have none. */
export function askGate(machine: Machine, requests: readonly Partial<GateRequest>[]): Promise<GateReport> {
  const roles: GateRole[] = ['primary', 'secondary', 'journal'];
  const whole = requests.map((request, i) => ({ role: roles[i % roles.length], lab: false, ...request }));
  return machine.call('device/gate.js', 'checkGate', whole);
}

export function codesOf(report: GateReport): string[] {
  return report.findings.map((finding) => finding.code);
}
