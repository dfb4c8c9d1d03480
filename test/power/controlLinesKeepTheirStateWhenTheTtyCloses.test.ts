/** With hangUpOnClose false the bench clears HUPCL, so that close leaves DTR and RTS alone; with true HUPCL stays. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { openPty } from '../../src/lab/pty.js';
import { openSerialWire } from '../../src/power/transport/serialWire.js';
import { temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it.each([
  [false, '-hupcl'],
  [true, 'hupcl'],
])('with hangUpOnClose %s the tty has %s', async (hangUpOnClose, setting) => {
  const pty = openPty();
  try {
    // The kernel's default for a new tty.
    execFileSync('stty', ['-F', pty.path, 'hupcl']);
    const wire = await openSerialWire({ tty: pty.path, baud: 9600, hangUpOnClose, rigName: 'lines', runtimeDir });
    const settings = execFileSync('stty', ['-F', pty.path, '-a'], { encoding: 'utf8' });
    await wire.close();
    expect(settings.split(/[\s;]+/)).toContain(setting);
  } finally {
    pty.close();
  }
});
