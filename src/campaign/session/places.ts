/** Paths for the names of a profile: the lab has the path of `lab:NAME`, any other name is a path already. */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import type { DeviceRef } from '../../blockdev/blockDevice.js';
import type { BoardRef } from '../../power/spec.js';
import { isLabDevice, labName } from '../../rig/schema/words.js';
import { type ResolvedRig, rigFields, rigUuid } from '../../rig/resolved.js';
import { CampaignError } from '../errors.js';
import type { GateQuestion, LabView } from './host.js';

/** @throws CampaignError LAB_NOT_RUNNING, LAB_DISK_UNKNOWN */
export function devicePath(ref: DeviceRef, rig: ResolvedRig, lab: LabView | null): string {
  return isLabDevice(ref) ? labDisk(ref, rig, lab).node : ref.device;
}

/** The reference with its path, and with the backing file of a lab disk. */
export function placedDevice<T extends DeviceRef>(ref: T, rig: ResolvedRig, lab: LabView | null): T {
  if (!isLabDevice(ref)) return ref;
  const { node, backingFile } = labDisk(ref, rig, lab);
  return { ...ref, device: node, backingFile };
}

/** @throws CampaignError LAB_NOT_RUNNING, LAB_BOARD_UNKNOWN */
export function placedBoards(rig: ResolvedRig, lab: LabView | null): BoardRef[] {
  return rig.boards.map((board) => {
    const name = labName(board.tty);
    if (name === null) return board;
    const found = labOf(rig, lab).boards[name];
    if (found === undefined)
      throw new CampaignError(
        'LAB_BOARD_UNKNOWN',
        `board "${name}" is not in the running lab; run plugpull lab down, then plugpull lab up`,
        {
          name,
        },
      );
    return { ...board, tty: found.tty };
  });
}

/** `areas`: those to check; lab devices need a running lab. @throws CampaignError LAB_NOT_RUNNING, LAB_DISK_UNKNOWN */
export function gateQuestions(
  rig: ResolvedRig,
  lab: LabView | null,
  areas: readonly AreaName[] = AREA_NAMES,
): GateQuestion[] {
  const owner = { uuid: rigUuid(rig), name: rig.name, fields: rigFields(rig) };
  return areas.map((role) => {
    const ref = placedDevice<DeviceRef>(rig[role], rig, lab);
    return {
      role,
      path: ref.device,
      serial: ref.serial,
      wwn: ref.wwn,
      backingFile: ref.backingFile,
      lab: isLabDevice(rig[role]),
      cut: rig.rails.some((rail) => rail.powers.includes(role)),
      rig: owner,
    };
  });
}

function labDisk(ref: DeviceRef, rig: ResolvedRig, lab: LabView | null): LabView['disks'][string] {
  const name = labName(ref.device)!;
  const disk = labOf(rig, lab).disks[name];
  if (disk === undefined)
    throw new CampaignError(
      'LAB_DISK_UNKNOWN',
      `disk "${name}" is not in the running lab; run plugpull lab down, then plugpull lab up`,
      {
        name,
      },
    );
  return disk;
}

function labOf(rig: ResolvedRig, lab: LabView | null): LabView {
  if (lab !== null) return lab;
  throw new CampaignError(
    'LAB_NOT_RUNNING',
    `the virtual lab of rig "${rig.name}" is not running; start it with: plugpull lab up ${rig.file}`,
    { rig: rig.name },
  );
}
