/**
 * Looks for signatures of other data: file systems, LVM, md, LUKS, GPT and some two hundred more that libblkid knows.
 * It runs wipefs of util-linux in the mode that writes nothing. plugpull's own sectors and journal have no signature
 * there. But the body of a sector is random, and some signatures have only two bytes: a signature inside a valid sector
 * of plugpull is ignored.
 */
import { execFile } from 'node:child_process';
import { constants as flags } from 'node:fs';
import { open } from 'node:fs/promises';
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

/** `wipefs --json` prints nothing if it finds nothing. Throws SyntaxError or TypeError on unknown output. */
function parseWipefs(text: string): Signature[] {
  if (text.trim() === '') return [];
  const { signatures } = JSON.parse(text) as { signatures: Signature[] };
  return signatures.map(({ type, offset, label, uuid }) => ({ type, offset, label, uuid }));
}

function describe(signature: Signature): string {
  const name = signature.label ?? signature.uuid;
  return `${signature.type} at ${signature.offset}${name === null ? '' : ` (${name})`}`;
}

/** `name`: of the open device. A device that cannot be probed is refused. */
export async function checkSignatures({ request }: Candidate, name: string, ffi?: FfiName): Promise<GateRefusal[]> {
  try {
    const wipefs = run('wipefs', ['--no-act', '--json', name], { env: systemEnvironment() });
    const cancel = attended.after(PROBE_TIMEOUT_MS, () => void wipefs.child.kill());
    const { stdout } = await wipefs.finally(cancel);
    const signatures = await foreignAmong(parseWipefs(stdout), name, ffi);
    if (signatures.length === 0) return [];
    return [
      refusal(
        request,
        'GATE_SIGNATURE',
        `carries ${signatures.map(describe).join(', ')}`,
        `if nothing on it is needed: wipefs -a ${request.path}`,
      ),
    ];
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return [
      refusal(
        request,
        'GATE_PROBE_FAILED',
        `wipefs could not search it for signatures: ${reason}`,
        withPower(request, 'install wipefs (apt install util-linux), and check that the device is readable'),
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

/** Whether the sector at `at` is a valid one of plugpull: by magic, CRC and the address in it. */
function isOurs(block: Buffer, at: number, ffi?: FfiName): boolean {
  const sector = Math.floor((at % BLOCK_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
  const seen = new Float64Array(OBSERVATION_FIELD.strideDoubles);
  sectorTools(ffi).scan(block, sector, SECTOR_BYTES, seen);
  return (
    seen[OBSERVATION_FIELD.kind] === OBSERVED.valid && seen[OBSERVATION_FIELD.lba] === Math.floor(at / SECTOR_BYTES)
  );
}
