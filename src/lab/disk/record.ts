/**
 * Append-only JSON lines in the lab's directory: what was injected, what a cut left. Only tests read them; a bench that
 * did would be told the answer. One write(2) a line with O_APPEND, so several threads may share a file.
 */
import fs from 'node:fs';

export interface JournalFile {
  append(record: Record<string, unknown>): void;
  close(): void;
}

export function openJournalFile(path: string): JournalFile {
  const fd = fs.openSync(path, 'a', 0o600);
  return {
    append: (record) => {
      fs.writeSync(fd, `${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
    },
    close: () => fs.closeSync(fd),
  };
}
