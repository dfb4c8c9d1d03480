/**
 * A campaign passes on an NVMe disk, a SCSI disk over two paths under multipathd, and an ATA disk, with a relay board
 * on a 16550. The operator enrols the disks by typing their serials. The drivers' errors prove the cut, and so does a
 * read that the ATA disk leaves unanswered. The disks' caches and the relays belong to the virtual lab on the host.
 */
import { realpathSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import type { LabState } from '../../src/lab/lab.js';
import { diskSpec, labSpec, readJsonLines, startLab, tearDown } from '../lab/labFixture.js';
import { describeInMachine, IN_THE_END, MIB, pathsOf, useMachine } from './bench.js';
import { PLUGPULL } from './machine.js';

const WWN = '5000c500a1b2c3d4';
/** The operator types these. A multipath device reports no serial, only the WWN of its paths. */
const TYPED = { primary: 'NVME-P-1', secondary: `0x${WWN}`, journal: 'ATA-J-1' };
/** At a cut, writes since the last flush and writes in flight are not flushed; a cycle has hundreds of writes. */
const FLUSH_EVERY = 32;
const IN_FLIGHT = 8;
const RUN_MS = 600_000;

const PROFILE = `
schemaVersion: 1
name: vm-drivers
regionSize: 64KiB
primary: { device: /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_${TYPED.primary}, serial: ${TYPED.primary} }
secondary: { device: /dev/mapper/3${WWN}, wwn: "0x${WWN}" }
journal: { device: /dev/disk/by-id/ata-QEMU_HARDDISK_${TYPED.journal}, serial: ${TYPED.journal}, logSize: 256KiB }
tracking: { linger: 500ms, hotRegions: 64, ackTimeout: 60s, flushEvery: ${FLUSH_EVERY} }
workload: { queueDepth: ${IN_FLIGHT}, writeSize: [4KiB, 32KiB] }
boards: { relay0: { type: lcus, tty: /dev/ttyS1, channels: 4 } }
rails:
  P: { board: relay0, channels: [1], powers: [primary], settle: 50ms }
  S: { board: relay0, channels: [2], powers: [secondary], settle: 50ms }
  J: { board: relay0, channels: [3], powers: [journal], settle: 50ms }
campaign:
  cycles: 1
  seed: 5
  dark: 500ms
  cuts:
    - { rails: [P, S, J], during: load, after: [2s, 3s] }
  deadlines: { cut: 60s, return: 60s, recover: 60s, judge: 120s, resync: 120s }
`;

async function labDisks(): Promise<LabState> {
  const disk = (name: string, channel: number, sizeBytes: number, unanswered: 'retry' | null = null) =>
    diskSpec(name, channel, {
      sizeBytes,
      cacheBytes: MIB,
      killModel: 'mixed',
      tearProbability: 0.1,
      holdUpMs: 5,
      silent: unanswered,
    });
  return startLab(labSpec([disk('p', 1, 8 * MIB), disk('s', 2, 8 * MIB), disk('j', 3, 4 * MIB, 'retry')]));
}

describeInMachine('a campaign on real drivers', { script: 'bsdutils', multipathd: 'multipath-tools' }, () => {
  let lab: LabState | null = null;
  afterAll(tearDown);
  const rig = useMachine(async () => {
    const { disks, boards } = (lab = await labDisks());
    const node = (name: string): string => realpathSync(disks[name]!.node);
    return {
      modules: ['dm-multipath', 'dm-service-time'],
      disks: [
        { id: 'p', kind: 'nvme', backing: node('p'), serial: TYPED.primary },
        { id: 's', kind: 'scsi', backing: node('s'), serial: 'SCSI-S-1', wwn: WWN, twoPaths: true },
        { id: 'j', kind: 'ata', backing: node('j'), serial: TYPED.journal },
      ],
      serialPorts: [realpathSync(boards['relay0']!.tty)],
    };
  });

  it('passes after the operator has typed the serials', async () => {
    const { machine } = rig;
    await machine.call('node:fs', 'writeFileSync', '/tmp/rig.yaml', PROFILE);
    await machine.must('multipath', (await pathsOf(machine, WWN))[0]);
    await machine.must('multipathd');
    // It first takes over the existing map.
    await expect
      .poll(async () => (await machine.run(['multipathd', 'show', 'daemon'])).stdout, IN_THE_END)
      .toMatch(/idle/);
    await machine.udevDone();
    const answers = Object.values(TYPED).map((serial) => ({
      after: `serial number (${serial}): `,
      type: `${serial}\r`,
    }));
    const terminal = [
      'script',
      '--quiet',
      '--return',
      '--command',
      [...PLUGPULL, 'enrol', '/tmp/rig.yaml'].join(' '),
      '/dev/null',
    ];
    const enrolled = await machine.run(terminal, { answers });
    expect(enrolled.stdout).toContain(
      `primary ${TYPED.primary}, secondary ${TYPED.secondary}, journal ${TYPED.journal}`,
    );

    const { code, stdout, stderr } = await machine.plugpull(['run', '/tmp/rig.yaml', '--out', '/tmp/run'], {
      timeoutMs: RUN_MS,
    });
    expect(code, `${stdout}${stderr}${machine.console()}`).toBe(0);
    const lines = (await machine.must('cat', '/tmp/run/cycles.jsonl')).split('\n').filter(Boolean);
    const cycles = lines.map(
      (line) =>
        JSON.parse(line) as {
          verdict: string;
          proofOfCut: { kind: string; detail: string };
          load: { updatesIssued: number };
        },
    );
    expect(cycles.map(({ verdict, proofOfCut }) => [verdict, proofOfCut.kind])).toEqual([['PASS', 'device']]);
    expect(cycles[0]!.load.updatesIssued).toBeGreaterThan(0);
    // Errors that the drivers report: dm for a disk without paths, NVMe for a medium error.
    expect(cycles[0]!.proofOfCut.detail).toMatch(/secondary failed \(errno 5, /);
    expect(cycles[0]!.proofOfCut.detail).toMatch(/primary failed \(errno (61|5), /);
    // The driver of an unresponsive disk waits far longer than this power-off time.
    expect(cycles[0]!.proofOfCut.detail).toMatch(/journal became unresponsive /);
    // The cut reached the disks' caches, and so did the drivers' flushes: without them the caches would have been full.
    const cuts = readJsonLines(`${lab!.stateDir}/power.jsonl`) as unknown as { disk: string; unflushed: number }[];
    expect(cuts.map(({ disk }) => disk).toSorted()).toEqual(['j', 'p', 's']);
    for (const { disk, unflushed } of cuts) expect(unflushed, disk).toBeLessThanOrEqual(FLUSH_EVERY + IN_FLIGHT);
  });
});
