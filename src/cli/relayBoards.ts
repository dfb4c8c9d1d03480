/** `plugpull relay boards` (what can be driven) and `relay list` (what seems to be plugged in). Neither opens a tty. */
import type { Command } from 'commander';
import { CampaignError, codeOf } from '../campaign/errors.js';
import { listBoards, listTtys } from '../power/index.js';
import { print, printJson } from './options.js';

interface ListOptions {
  json?: boolean;
}

export function addRelayBoards(relay: Command): void {
  relay.command('boards').description('board types known by name').option('--json', 'for programs').action(showTypes);
  relay.command('list').description('ttys of this host, and which board each may be').option('--json', 'for programs').action(showTtys);
}

function showTypes(options: ListOptions): void {
  const boards = listBoards();
  if (options.json) return printJson(boards);
  print('type           channels  read-back  timed pulse  sure  what');
  for (const b of boards) {
    const channels = `${b.channels.min}-${b.channels.max}`;
    print(`${b.type.padEnd(14)} ${channels.padEnd(9)} ${b.readBack.padEnd(10)} ${b.timedPulse.padEnd(12)} ${b.sure.padEnd(5)} ${b.title}`);
  }
  print('or describe a board of your own under boardTypes: in the profile');
}

async function showTtys(options: ListOptions): Promise<void> {
  const ttys = await listTtys().catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new CampaignError('HARDWARE_FAILED', 'ttys are listed by udevadm, which is not installed; apt install udev', {}, error);
  });
  if (options.json) return printJson(ttys);
  if (ttys.length === 0) return print('no serial ports');
  for (const t of ttys) {
    const guess = t.likelyTypes.length === 0 ? '' : `  may be: ${t.likelyTypes.join(', ')}`;
    const held = t.heldBy === null ? '' : `  held by ${t.heldBy.name} (${t.heldBy.pid})`;
    print(`${(t.stablePath ?? t.path).padEnd(24)} ${(t.usb ?? '-').padEnd(10)} ${t.manufacturer ?? ''}${guess}${held}`);
    if (t.sharedById !== null) print(`  not ${t.sharedById}: any adapter of its kind may have that name${t.stablePath === null ? '' : '; this one is the socket\'s: leave it plugged in there'}`);
  }
}
