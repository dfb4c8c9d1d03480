/** Disks behind stock drivers are identified by their own serials and udev's names; a swapped disk is refused. */
import { expect, it } from 'vitest';
import { askGate, codesOf, describeInMachine, identify, MIB, useBlankDisks, useMachine } from './bench.js';

const BY_ID = '/dev/disk/by-id';

/** Identity of a disk of each kind: QEMU's model; the test chooses serials and WWNs. */
const SCSI = { model: 'QEMU HARDDISK', serial: 'SCSI0001', wwn: '0x5000c500a1b2c3d4', kernelName: /^sd[a-z]$/ };
const ATA = { model: 'QEMU HARDDISK', serial: 'ATA0001', wwn: '0x5000c500a1b2c3e5', kernelName: /^sd[a-z]$/ };
const USB = { model: 'QEMU HARDDISK', serial: 'USB0001', wwn: null, kernelName: /^sd[a-z]$/ };
const NVME = {
  model: 'QEMU NVMe Ctrl',
  serial: 'NVME0001',
  wwn: expect.stringMatching(/^nvme\.1b36-/) as string,
  kernelName: /^nvme0n1$/,
};

describeInMachine('disks behind real drivers', { smartctl: 'smartmontools', nvme: 'nvme-cli' }, () => {
  const blank = useBlankDisks();
  const rig = useMachine(() => ({
    disks: [
      { id: 'nvme0', kind: 'nvme', backing: blank('nvme'), serial: NVME.serial },
      { id: 'scsi0', kind: 'scsi', backing: blank('scsi'), serial: SCSI.serial, wwn: SCSI.wwn.slice(2) },
      { id: 'ata0', kind: 'ata', backing: blank('ata'), serial: ATA.serial, wwn: ATA.wwn.slice(2) },
      { id: 'usb0', kind: 'usb', backing: blank('usb'), serial: USB.serial },
    ],
  }));

  it.each([
    ['NVMe', `${BY_ID}/nvme-QEMU_NVMe_Ctrl_NVME0001`, NVME],
    ['SCSI', `${BY_ID}/wwn-0x5000c500a1b2c3d4`, SCSI],
    ['ATA', `${BY_ID}/ata-QEMU_HARDDISK_ATA0001`, ATA],
    ['USB', `${BY_ID}/usb-QEMU_QEMU_HARDDISK_USB0001-0:0`, USB],
  ])('%s', async (_, path, { model, serial, wwn, kernelName }) => {
    const { machine } = rig;
    const identity = await identify(machine, path);
    expect(identity).toMatchObject({
      path,
      model,
      serial,
      wwn,
      sizeBytes: 16 * MIB,
      logicalBlockBytes: 512,
      writeCache: 'write-back',
      readOnly: false,
      backingFile: null,
    });
    expect(identity.kernelName).toMatch(kernelName);
    const right = { path, serial, ...(identity.wwn === null ? {} : { wwn: identity.wwn }) };
    // The disk is blank, free and has a stable name: only the enrolment is missing.
    expect(codesOf(await askGate(machine, [right]))).toEqual(['GATE_NOT_ENROLLED']);
    const unstable = await askGate(machine, [{ ...right, path: `/dev/${identity.kernelName}` }]);
    expect(codesOf(unstable)).toEqual(['GATE_UNSTABLE_NAME', 'GATE_NOT_ENROLLED']);
    expect(unstable.findings[0]!.nextStep).toContain(`use ${BY_ID}/`);
    const other = await askGate(machine, [{ ...right, serial: 'ANOTHER-DISK', wwn: '0x5000c500ffffffff' }]);
    expect(codesOf(other)).toEqual(['GATE_SERIAL_MISMATCH', 'GATE_WWN_MISMATCH', 'GATE_NOT_ENROLLED']);
  });

  it('a disk may be named by its place on the bus', async () => {
    const { machine } = rig;
    const names = (await machine.must('ls', '/dev/disk/by-path')).split('\n');
    const nvme = names.find((name) => name.includes('-nvme-'));
    expect(codesOf(await askGate(machine, [{ path: `/dev/disk/by-path/${nvme}`, serial: NVME.serial }]))).toEqual([
      'GATE_NOT_ENROLLED',
    ]);
  });

  it('counters are read where a disk has some', async () => {
    const { machine } = rig;
    const counters = async (path: string): Promise<unknown> =>
      machine.call('blockdev/powerCounters.js', 'readPowerCounters', await identify(machine, path));
    // An emulated disk counts from zero.
    expect(await counters(`${BY_ID}/nvme-QEMU_NVMe_Ctrl_NVME0001`)).toEqual({
      source: 'nvme-cli',
      unsafeShutdowns: 0,
      powerCycles: 0,
    });
    expect(await counters(`${BY_ID}/ata-QEMU_HARDDISK_ATA0001`)).toEqual({
      source: 'smartctl',
      unsafeShutdowns: null,
      powerCycles: 0,
    });
    expect(await counters(`${BY_ID}/wwn-0x5000c500a1b2c3d4`)).toBeNull();
    expect(await counters(`${BY_ID}/usb-QEMU_QEMU_HARDDISK_USB0001-0:0`)).toBeNull();
  });

  it('doctor finds what a run needs', async () => {
    const { stdout } = await rig.machine.plugpull(['doctor', '--json']);
    const checks = JSON.parse(stdout) as { name: string; state: string }[];
    for (const name of ['kernel', 'node', 'root', 'native library (koffi)', 'io_uring', 'nvme', 'smartctl']) {
      expect(checks.find((check) => check.name === name)?.state, name).toBe('ok');
    }
  });
});
