/** A history whose cycles all pass, until it is killed: `node prunesWithoutEnd.mjs DIR`. */
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { HistoryFile } from '../../dist/replication/worker/historyFile.js';

const BLOCK = 4096;
const BLOCKS = 64;
const file = new HistoryFile();
file.open({ runId: 1, historyDir: process.argv[2], keepHistory: 'failures', historyFileBytes: 4096 }, BLOCKS * BLOCK);
let hasSpoken = false;
for (let cycle = 0, update = 1; ; cycle++) {
  const { pruned } = file.beginCycle(cycle, cycle === 0 ? null : true);
  if (pruned.length > 0 && !hasSpoken) {
    hasSpoken = true;
    process.stdout.write('removed\n');
    // The line is on its way before the loop goes on without an event loop.
    await setTimeout(1);
  }
  for (let i = 0; i < 25; i++, update++) {
    const offset = (update % BLOCKS) * BLOCK;
    file.recorder.issued('primary', update, offset, BLOCK);
    file.recorder.completed('primary', update, offset, BLOCK, true);
  }
  file.recorder.drain();
}
