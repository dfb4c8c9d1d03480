/**
 * Does it carry somebody's data? libblkid knows some two hundred signatures (file systems, LVM, md, LUKS, GPT, …), so
 * util-linux's wipefs is asked, in its mode that writes nothing. plugpull's own sectors and journal are not among them.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { finding, type Candidate, type GateFinding } from './gateTypes.js';

const run = promisify(execFile);

/** Probing reads a few hundred KiB; a disk that needs longer is not fit for a run. */
const PROBE_TIMEOUT_MS = 30_000;

export interface Signature {
  type: string;
  offset: string;
  label: string | null;
  uuid: string | null;
}

/** `wipefs --json` prints nothing at all when there is nothing. Throws SyntaxError or TypeError on anything unknown. */
export function parseWipefs(text: string): Signature[] {
  if (text.trim() === '') return [];
  const { signatures } = JSON.parse(text) as { signatures: Signature[] };
  return signatures.map(({ type, offset, label, uuid }) => ({ type, offset, label, uuid }));
}

function describe(signature: Signature): string {
  const name = signature.label ?? signature.uuid;
  return `${signature.type} at ${signature.offset}${name === null ? '' : ` (${name})`}`;
}

/** Fails closed: a device that cannot be probed is refused. */
export async function checkSignatures({ request }: Candidate): Promise<GateFinding[]> {
  try {
    const { stdout } = await run('wipefs', ['--no-act', '--json', request.path], {
      timeout: PROBE_TIMEOUT_MS,
      // wipefs is in an sbin folder, which a user's PATH often lacks.
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
    });
    const signatures = parseWipefs(stdout);
    if (signatures.length === 0) return [];
    return [finding(request, 'GATE_SIGNATURE', `carries ${signatures.map(describe).join(', ')}`, `wipefs -a ${request.path}, if nothing on it is needed`)];
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return [finding(request, 'GATE_PROBE_FAILED', `signatures cannot be looked for: ${reason}`, 'wipefs must be installed (apt install util-linux) and the device readable')];
  }
}
