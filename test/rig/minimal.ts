/** The smallest valid profile, and functions that make it invalid. */
import { parseRig } from '../../src/rig/load.js';
import { RigError } from '../../src/rig/errors.js';

export const MINIMAL = `schemaVersion: 1
name: tiny
primary: { device: "lab:p" }
secondary: { device: "lab:s" }
journal: { device: "lab:j" }
boards:
  relay0: { type: lcus, tty: "lab:relay0", channels: 4 }
rails:
  P: { board: relay0, channels: [1], powers: [primary] }
  S: { board: relay0, channels: [2], powers: [secondary] }
  J: { board: relay0, channels: [3], powers: [journal] }
lab:
  disks:
    p: { size: 64MiB, fedBy: "relay0:1" }
    s: { size: 64MiB, fedBy: "relay0:2" }
    j: { size: 16MiB, fedBy: "relay0:3" }
  boards:
    relay0: {}
`;

/** The lines of the error with which the loader refuses `text`; empty if `text` loads. */
export function problemsOf(text: string): string[] {
  try {
    parseRig(text, 'bench.yaml');
    return [];
  } catch (e) {
    if (!(e instanceof RigError)) throw e;
    return e.message.split('\n');
  }
}

/** MINIMAL with `from` replaced by `to`. Throws if MINIMAL does not contain `from`. */
export function spoiled(from: string, to: string): string {
  if (!MINIMAL.includes(from)) throw new Error(`the minimal profile has no ${from}`);
  return MINIMAL.replace(from, () => to);
}
