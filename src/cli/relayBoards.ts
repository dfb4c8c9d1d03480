/** `plugpull relay boards` (what can be driven, and how it is described) and `relay list` (what seems to be plugged in). Neither opens a tty. */
import type { Command } from 'commander';
import { CampaignError, codeOf } from '../campaign/errors.js';
import { boardTypeYaml, ownBoardType, listBoards } from '../power/catalogue/index.js';
import { listTtys } from '../power/listTtys.js';
import { suggestWord } from '../rig/source/nearest.js';
import { UsageError } from '../base/plugpullError.js';
import { print, printJson } from './options.js';

interface ListOptions {
  json?: boolean;
}

interface BoardsOptions extends ListOptions {
  show?: string;
}

export function addRelayBoards(relay: Command): void {
  relay
    .command('boards')
    .description('board types known by name')
    .option('--show <type>', 'print one as YAML, to be pasted into a profile and changed there')
    .option('--json', 'for programs')
    .action((options: BoardsOptions) =>
      options.show === undefined ? showTypes(options) : showType(options.show, options),
    );
  relay
    .command('list')
    .description('ttys of this host, and which board each may be')
    .option('--json', 'for programs')
    .action(showTtys);
}

function showTypes(options: ListOptions): void {
  const boards = listBoards();
  if (options.json) return printJson(boards);
  print('type           channels  read-back  timed pulse  sure  what');
  for (const b of boards) {
    const channels = `${b.channels.min}-${b.channels.max}`;
    print(
      `${b.type.padEnd(14)} ${channels.padEnd(9)} ${b.readBack.padEnd(10)} ${b.timedPulse.padEnd(12)} ${b.sure.padEnd(5)} ${b.title}`,
    );
  }
  print(
    'or describe a board of your own under boardTypes: in the profile; relay boards --show TYPE prints one to start from',
  );
}

function showType(type: string, options: ListOptions): void {
  const boards = listBoards().map((board) => board.type);
  const own = ownBoardType(type);
  if (own === null && boards.includes(type))
    throw new UsageError(
      `${type} is not described by frames: it has options alone, as rigs/exec-ipmi.yaml shows for exec`,
    );
  if (own === null) throw new UsageError(`no board type is called "${type}"; ${suggestWord(type, boards)}`);
  if (options.json) printJson({ [own.name]: own.description });
  else print(boardTypeYaml(type)!.trimEnd());
}

async function showTtys(options: ListOptions): Promise<void> {
  const ttys = await listTtys().catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new CampaignError(
      'HARDWARE_FAILED',
      'ttys are listed by udevadm, which is not installed; apt install udev',
      {},
      error,
    );
  });
  if (options.json) return printJson(ttys);
  if (ttys.length === 0) return print('no serial ports');
  for (const t of ttys) {
    const guess = t.likelyTypes.length === 0 ? '' : `  may be: ${t.likelyTypes.join(', ')}`;
    const held = t.heldBy === null ? '' : `  held by ${t.heldBy.name} (${t.heldBy.pid})`;
    print(`${(t.stablePath ?? t.path).padEnd(24)} ${(t.usb ?? '-').padEnd(10)} ${t.manufacturer ?? ''}${guess}${held}`);
    if (t.sharedById !== null)
      print(
        `  not ${t.sharedById}: any adapter of its kind may have that name${t.stablePath === null ? '' : "; this one is the socket's: leave it plugged in there"}`,
      );
  }
}
