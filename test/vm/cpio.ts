/** A cpio archive in the "newc" format, which the kernel unpacks as its initramfs. Adds the folders of each file. */

export interface ArchiveFile {
  /** Without a leading slash. */
  path: string;
  bytes: Buffer;
  mode?: number;
}

const FOLDER = 0o040755;
const PLAIN = 0o100644;

export function cpioArchive(files: readonly ArchiveFile[]): Buffer {
  const entries: { path: string; mode: number; bytes: Buffer }[] = [];
  const folders = new Set<string>();
  for (const { path, bytes, mode } of files) {
    const parts = path.split('/').slice(0, -1);
    for (let i = 1; i <= parts.length; i++) {
      const folder = parts.slice(0, i).join('/');
      if (folders.has(folder)) continue;
      folders.add(folder);
      entries.push({ path: folder, mode: FOLDER, bytes: Buffer.alloc(0) });
    }
    entries.push({ path, mode: mode ?? PLAIN, bytes });
  }
  entries.push({ path: 'TRAILER!!!', mode: 0, bytes: Buffer.alloc(0) });
  return Buffer.concat(entries.flatMap((entry, i) => record(entry, i + 1)));
}

function record(entry: { path: string; mode: number; bytes: Buffer }, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path}\0`);
  // inode, mode, uid, gid, links, time, size, device (2), device's own number (2), length of the name, checksum (none)
  const fields = [inode, entry.mode, 0, 0, 1, 0, entry.bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), entry.bytes, padding(entry.bytes.length)];
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
