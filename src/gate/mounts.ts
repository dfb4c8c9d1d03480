/** What this mount namespace has mounted and what the kernel swaps on, by block device. Other namespaces: O_EXCL tells. */
import { readFileSync } from 'node:fs';
import { blockNodeOf } from '../blockdev/blockTree.js';

export interface MountEntry {
  majorMinor: string;
  mountPoint: string;
  source: string;
}

/** Fields of proc_pid_mountinfo(5): id parent major:minor root mountpoint options [optional…] - type source superoptions */
export function parseMountinfo(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before, after] = line.split(' - ');
      const fields = before!.split(' ');
      return {
        majorMinor: fields[2]!,
        mountPoint: unescapeOctal(fields[4]!),
        source: unescapeOctal(after?.split(' ')[1] ?? ''),
      };
    });
}

/** First column of proc_swaps(5), below its heading. */
function parseSwaps(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => unescapeOctal(line.split(/\s+/)[0] ?? ''))
    .filter((name) => name !== '');
}

/** Blanks, tabs, newlines and backslashes are written `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

export interface BlockUse {
  majorMinor: string;
  /** `/srv`, or `swap`. */
  what: string;
}

/** btrfs and overlay give an anonymous number; their source may still name the device. Both are listed. */
export function mountedBlockDevices(): BlockUse[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).flatMap((entry) => {
    const nodes = new Set([entry.majorMinor]);
    const named = entry.source.startsWith('/') ? blockNodeOf(entry.source) : null;
    if (named !== null) nodes.add(named);
    return [...nodes].map((majorMinor) => ({ majorMinor, what: entry.mountPoint }));
  });
}

export function swapBlockDevices(): BlockUse[] {
  return parseSwaps(readFileSync('/proc/swaps', 'utf8')).flatMap((name) => {
    const majorMinor = blockNodeOf(name);
    return majorMinor === null ? [] : [{ majorMinor, what: 'swap' }];
  });
}
