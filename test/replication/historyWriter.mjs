/** Writes a history of cycles that all pass, until it is killed: `node historyWriter.mjs DIR`. */
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
    // Let the event loop write the line: the loop below never yields.
    await setTimeout(1);
  }
  for (let i = 0; i < 25; i++, update++) {
    const offset = (update % BLOCKS) * BLOCK;
    file.recorder.issued('primary', update, offset, BLOCK);
    file.recorder.completed('primary', update, offset, BLOCK, true);
  }
  file.recorder.drain();
}
