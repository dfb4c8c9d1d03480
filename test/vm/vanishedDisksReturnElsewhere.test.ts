/**
 * A disk vanishes from the bus at the cut, while the bench has it open, and returns under another kernel name. The
 * bench identifies it by its serial and the campaign continues. An NVMe disk leaves its PCIe slot, a USB disk its port.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { labStatus, type LabState } from '../../src/lab/lab.js';
import { diskSpec, labSpec, startLab, tearDown } from '../lab/labFixture.js';
import { describeInMachine, identify, MIB, useBlankDisks, useMachine } from './bench.js';
import type { DiskKind, MachineDisk } from './hardware.js';
import type { Machine } from './machine.js';

const SERIALS = { primary: 'NVME-P-2', secondary: 'USB-S-2', journal: 'SCSI-J-2' };
const PRIMARY = `/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_${SERIALS.primary}`;
const SECONDARY = `/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_${SERIALS.secondary}-0:0`;
const RUN_MS = 600_000;
const LOOK_MS = 20;

const PROFILE = `
schemaVersion: 1
name: vm-vanish
regionSize: 64KiB
primary: { device: ${PRIMARY}, serial: ${SERIALS.primary} }
secondary: { device: "${SECONDARY}", serial: ${SERIALS.secondary} }
journal: { device: /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_${SERIALS.journal}, serial: ${SERIALS.journal}, logSize: 256KiB }
tracking: { linger: 500ms, hotRegions: 64, ackTimeout: 60s }
workload: { queueDepth: 4, writeSize: [4KiB, 16KiB] }
boards: { relay0: { type: lcus, tty: /dev/ttyS1, channels: 4 } }
rails:
  P: { board: relay0, channels: [1], powers: [primary], settle: 50ms }
  S: { board: relay0, channels: [2], powers: [secondary], settle: 50ms }
campaign:
  cycles: 1
  seed: 11
  dark: 3s
  cuts:
    - { rails: [P, S], during: load, after: [1s, 2s] }
  deadlines: { cut: 60s, return: 90s, recover: 60s, judge: 120s, resync: 120s }
`;

const DISKS: Record<string, { kind: DiskKind; serial: string }> = {
  p: { kind: 'nvme', serial: SERIALS.primary },
  s: { kind: 'usb', serial: SERIALS.secondary },
  j: { kind: 'scsi', serial: SERIALS.journal },
};

function plugged(lab: LabState): MachineDisk[] {
  return Object.entries(DISKS).map(([id, disk]) => ({ id, ...disk, backing: lab.disks[id]!.loop! }));
}

/**
 * A disk without power is off the bus: the machine's disks follow the lab's. Before a disk returns, another disk is
 * plugged in and takes its kernel name.
 */
async function followPower(
  machine: Machine,
  lab: LabState,
  stranger: (id: string) => MachineDisk,
  until: () => boolean,
): Promise<string[]> {
  const seen: string[] = [];
  const here = new Map(plugged(lab).map((disk) => [disk.id, disk]));
  while (!until()) {
    const now = await labStatus(lab.name);
    for (const [id, disk] of Object.entries(now?.disks ?? {})) {
      const was = here.get(id);
      if (was !== undefined && disk.loop !== was.backing) {
        await machine.detach(was);
        here.delete(id);
        seen.push(`${id} left`);
      }
      if (!here.has(id) && disk.loop !== null) {
        // The bench has closed the old disk by now, so that its name is free.
        const taker = stranger(id);
        await machine.attach(taker);
        // Drivers probe new disks concurrently, and the first one takes the name.
        await machine.named([taker]);
        const back = { id, ...DISKS[id]!, backing: disk.loop };
        await machine.attach(back);
        here.set(id, back);
        seen.push(`${id} returned`);
      }
    }
    await delay(LOOK_MS);
  }
  return seen;
}

describeInMachine('disks that leave the bus', {}, () => {
  let lab: LabState | null = null;
  afterAll(tearDown);
  const blank = useBlankDisks();
  const rig = useMachine(async () => {
    const disk = (name: string, channel: number, vanish: boolean) =>
      diskSpec(name, channel, {
        sizeBytes: 4 * MIB,
        cacheBytes: MIB,
        killModel: 'mixed',
        tearProbability: 0.1,
        holdUpMs: 5,
        vanish,
      });
    lab = await startLab(labSpec([disk('p', 1, true), disk('s', 2, true), disk('j', 3, false)]));
    return { disks: plugged(lab), serialPorts: [lab.boards['relay0']!.tty] };
  });

  it('are found again under another kernel name', async () => {
    const { machine } = rig;
    await machine.call('node:fs', 'writeFileSync', '/tmp/rig.yaml', PROFILE);
    const enrolled = await machine.plugpull([
      'enrol',
      '/tmp/rig.yaml',
      ...Object.values(SERIALS).flatMap((serial) => ['--i-mean', serial]),
    ]);
    expect(enrolled.code, enrolled.stdout + enrolled.stderr).toBe(0);

    const names = (): Promise<string[]> =>
      Promise.all([PRIMARY, SECONDARY].map(async (path) => (await identify(machine, path)).kernelName));
    const before = await names();
    let ended = false;
    const stranger = (id: string): MachineDisk => ({
      id: `${id}stranger`,
      kind: DISKS[id]!.kind,
      backing: blank(id, 4 * MIB),
      serial: `STRANGER-${id}`,
    });
    const following = followPower(machine, lab!, stranger, () => ended);
    const run = machine.plugpull(['run', '/tmp/rig.yaml', '--out', '/tmp/run'], { timeoutMs: RUN_MS }).finally(() => {
      ended = true;
    });
    const [seen, { code, stdout, stderr }] = await Promise.all([following, run]);
    expect(code, `${stdout}${stderr}${machine.console()}`).toBe(0);
    expect(seen.toSorted()).toEqual(['p left', 'p returned', 's left', 's returned']);
    expect((await names()).filter((name) => before.includes(name))).toEqual([]);
    const lines = (await machine.must('cat', '/tmp/run/cycles.jsonl')).split('\n').filter(Boolean);
    const kinds = lines.map((line) => (JSON.parse(line) as { proofOfCut: { kind: string } }).proofOfCut.kind);
    expect(kinds).toEqual(['device']);
  });
});
