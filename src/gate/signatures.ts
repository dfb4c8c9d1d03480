/**
 * Looks for signatures of other data: file systems, LVM, md, LUKS, GPT and some two hundred more that libblkid knows.
 * It runs wipefs of util-linux in the mode that writes nothing, once for all devices. plugpull's own sectors and journal
 * have no signature there. But the body of a sector is random, and some signatures have only two bytes: a signature
 * inside a valid sector of plugpull is ignored.
 */
import { execFile } from 'node:child_process';
import { constants as flags } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { attended } from '../base/systemClock.js';
import { alignedMemory, type AlignedMemory } from '../blockdev/ioRing.js';
import { refusal, withPower, type Candidate, type GateRefusal } from './gateReport.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { OBSERVATION_FIELD, OBSERVED } from '../base/observation.js';
import { sectorTools } from '../blockdev/sectorTools.js';
import { systemEnvironment } from '../blockdev/openDevice.js';

const run = promisify(execFile);

/** wipefs reads a few hundred KiB; a disk that needs longer for that is defective. */
const PROBE_TIMEOUT_MS = 30_000;

const SECTOR_BYTES = 512;
/** A multiple of every logical block size in use. */
const BLOCK_BYTES = 4096;

export interface Signature {
  type: string;
  /** In hexadecimal, as `0x438`. */
  offset: string;
  label: string | null;
  uuid: string | null;
}

/** A device that the gate holds open; `name` leads to it, and its last part differs from that of every other one. */
export interface Probed {
  candidate: Candidate;
  name: string;
}

/**
 * By the last part of the device's name. `wipefs --json` prints nothing if it finds nothing. Throws SyntaxError or
 * TypeError on unknown output.
 */
function parseWipefs(text: string, names: readonly string[]): Map<string, Signature[]> {
  const found = new Map(names.map((name): [string, Signature[]] => [basename(name), []]));
  if (text.trim() === '') return found;
  const { signatures } = JSON.parse(text) as { signatures: (Signature & { device: string })[] };
  for (const { device, type, offset, label, uuid } of signatures) {
    const own = found.get(device);
    if (own === undefined) throw new TypeError(`wipefs reports a device "${device}" that it was not asked for`);
    own.push({ type, offset, label, uuid });
  }
  return found;
}

function describe(signature: Signature): string {
  const name = signature.label ?? signature.uuid;
  return `${signature.type} at ${signature.offset}${name === null ? '' : ` (${name})`}`;
}

/**
 * The findings of each device. One that cannot be probed is refused: if wipefs fails or does not answer in time, each
 * device is probed on its own, so that only the one at fault is refused.
 */
export async function checkSignatures(
  devices: readonly Probed[],
  ffi?: FfiName,
): Promise<Map<Candidate, GateRefusal[]>> {
  if (devices.length === 0) return new Map();
  try {
    return await probe(devices, ffi);
  } catch (error) {
    const [first] = devices;
    if (devices.length === 1) return new Map([[first!.candidate, [unprobed(first!.candidate, error)]]]);
    const each = await Promise.all(devices.map((device) => checkSignatures([device], ffi)));
    return new Map(each.flatMap((findings) => [...findings]));
  }
}

async function probe(devices: readonly Probed[], ffi?: FfiName): Promise<Map<Candidate, GateRefusal[]>> {
  const names = devices.map(({ name }) => name);
  const wipefs = run('wipefs', ['--no-act', '--json', ...names], { env: systemEnvironment() });
  const cancel = attended.after(PROBE_TIMEOUT_MS, () => void wipefs.child.kill());
  const { stdout } = await wipefs.finally(cancel);
  const found = parseWipefs(stdout, names);
  const findings = new Map<Candidate, GateRefusal[]>();
  for (const { candidate, name } of devices) {
    const foreign = await foreignAmong(found.get(basename(name))!, name, ffi);
    findings.set(candidate, foreign.length === 0 ? [] : [carrying(candidate, foreign)]);
  }
  return findings;
}

function carrying({ request }: Candidate, signatures: readonly Signature[]): GateRefusal {
  return refusal(
    request,
    'GATE_SIGNATURE',
    `carries ${signatures.map(describe).join(', ')}`,
    `if nothing on it is needed: wipefs -a ${request.path}`,
  );
}

function unprobed({ request }: Candidate, error: unknown): GateRefusal {
  const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return refusal(
    request,
    'GATE_PROBE_FAILED',
    `wipefs could not search it for signatures: ${reason}`,
    withPower(request, 'install wipefs (apt install util-linux), and check that the device is readable'),
  );
}

async function foreignAmong(signatures: Signature[], path: string, ffi?: FfiName): Promise<Signature[]> {
  if (signatures.length === 0) return [];
  const foreign: Signature[] = [];
  const file = await open(path, flags.O_RDONLY | flags.O_DIRECT | flags.O_NONBLOCK);
  let memory: AlignedMemory | undefined;
  try {
    memory = alignedMemory(BLOCK_BYTES, ffi);
    for (const signature of signatures) {
      const at = Number(signature.offset);
      const block = Math.floor(at / BLOCK_BYTES) * BLOCK_BYTES;
      const { bytesRead } = await file.read(memory.buffer, 0, BLOCK_BYTES, block);
      if (bytesRead < BLOCK_BYTES || !isOurs(memory.buffer, at, ffi)) foreign.push(signature);
    }
  } finally {
    memory?.close();
    await file.close();
  }
  return foreign;
}

/** Whether the sector at `at` is a valid one of plugpull: by magic, CRC and the address in it. */
function isOurs(block: Buffer, at: number, ffi?: FfiName): boolean {
  const sector = Math.floor((at % BLOCK_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
  const seen = new Float64Array(OBSERVATION_FIELD.strideDoubles);
  sectorTools(ffi).scan(block, sector, SECTOR_BYTES, seen);
  return (
    seen[OBSERVATION_FIELD.kind] === OBSERVED.valid && seen[OBSERVATION_FIELD.lba] === Math.floor(at / SECTOR_BYTES)
  );
}
