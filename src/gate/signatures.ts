/**
 * Does it carry somebody's data? libblkid knows some two hundred signatures (file systems, LVM, md, LUKS, GPT, …), so
 * util-linux's wipefs is asked, in its mode that writes nothing. plugpull's own sectors and journal are not among them;
 * but a sector's body is as good as random, and some signatures are two bytes long: what lies inside a sector that is
 * whole and ours is nobody else's.
 */
import { execFile } from 'node:child_process';
import { constants as flags } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { attended } from '../base/systemClock.js';
import { alignedMemory, type AlignedMemory } from '../blockdev/ioRing.js';
import { finding, withPower, type Candidate, type GateFinding } from './gateReport.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { OBSERVATION_FIELD, OBSERVED } from '../base/observation.js';
import { sectorTools } from '../blockdev/sectorTools.js';
import { systemEnvironment } from '../blockdev/openDevice.js';

const run = promisify(execFile);

/** Probing reads a few hundred KiB; a disk that needs longer is not fit for a run. */
const PROBE_TIMEOUT_MS = 30_000;

const SECTOR_BYTES = 512;
/** Every logical block size in use divides it. */
const BLOCK_BYTES = 4096;

export interface Signature {
  type: string;
  /** In hexadecimal, as `0x438`. */
  offset: string;
  label: string | null;
  uuid: string | null;
}

/** `wipefs --json` prints nothing at all when there is nothing. Throws SyntaxError or TypeError on anything unknown. */
function parseWipefs(text: string): Signature[] {
  if (text.trim() === '') return [];
  const { signatures } = JSON.parse(text) as { signatures: Signature[] };
  return signatures.map(({ type, offset, label, uuid }) => ({ type, offset, label, uuid }));
}

function describe(signature: Signature): string {
  const name = signature.label ?? signature.uuid;
  return `${signature.type} at ${signature.offset}${name === null ? '' : ` (${name})`}`;
}

/** `name`: of the open device. Fails closed: one that cannot be probed is refused. */
export async function checkSignatures({ request }: Candidate, name: string, ffi?: FfiName): Promise<GateFinding[]> {
  try {
    const wipefs = run('wipefs', ['--no-act', '--json', name], { env: systemEnvironment() });
    const cancel = attended.after(PROBE_TIMEOUT_MS, () => void wipefs.child.kill());
    const { stdout } = await wipefs.finally(cancel);
    const signatures = await foreignAmong(parseWipefs(stdout), name, ffi);
    if (signatures.length === 0) return [];
    return [
      finding(
        request,
        'GATE_SIGNATURE',
        `carries ${signatures.map(describe).join(', ')}`,
        `wipefs -a ${request.path}, if nothing on it is needed`,
      ),
    ];
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return [
      finding(
        request,
        'GATE_PROBE_FAILED',
        `signatures cannot be looked for: ${reason}`,
        withPower(request, 'wipefs must be installed (apt install util-linux) and the device readable'),
      ),
    ];
  }
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

/** By magic, CRC and its own address. */
function isOurs(block: Buffer, at: number, ffi?: FfiName): boolean {
  const sector = Math.floor((at % BLOCK_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
  const seen = new Float64Array(OBSERVATION_FIELD.strideDoubles);
  sectorTools(ffi).scan(block, sector, SECTOR_BYTES, seen);
  return (
    seen[OBSERVATION_FIELD.kind] === OBSERVED.valid && seen[OBSERVATION_FIELD.lba] === Math.floor(at / SECTOR_BYTES)
  );
}
