/** The bench reports a rail as without power only if it has read or confirmed that; otherwise the state is unknown. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { railsLeft } from '../../src/power/rails/rail.js';
import { fileOutlets } from './fileOutlets.js';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const P_S_J = [rail('P', [1]), rail('S', [2]), rail('J', [3])];
const ONCE = { attempts: 1, replyTimeoutMs: 1000 };

it('if a profile gives 16 channels to a board with 6, the rails are unknown: none was ever switched off', async () => {
  const board = startVirtualBoard('modbus-rtu', 6);
  const power = await openOne(boardRef('modbus-rtu', board.tty, 16, ONCE), { runtimeDir }, P_S_J);
  const { failed } = await power.allOn();
  expect(railsLeft(failed)).toBe('state unknown: P, S, J (never switched off by this process, on failed)');
});

it('if a board dies after it confirms an off, that rail is without power and the others are unknown', async () => {
  // The board confirms the off of P, then dies. It does not confirm the off of S.
  const board = startVirtualBoard('modbus-rtu', 8, { dead: true, afterMoves: 1 });
  const power = await openOne(
    boardRef('modbus-rtu', board.tty, 8, { ...ONCE, replyTimeoutMs: 200, readBack: 'none' }),
    { runtimeDir },
    P_S_J,
  );
  await power.switchRail('P', 'off');
  await expect(power.switchRail('S', 'off')).rejects.toMatchObject({
    message: expect.stringMatching(
      /; WITHOUT POWER: P; perhaps WITHOUT POWER: S \(.*\); state unknown: J \(/,
    ) as string,
  });
  expect(power.notOn).toEqual(['P', 'S']);
});

it.each([
  [
    'reads on although its command failed is reported as restored',
    'printf on > "$F"; exit 3',
    'power is back on all rails',
  ],
  ['reads off is reported as without power', 'exit 3', 'WITHOUT POWER: P;'],
])('an exec board whose outlet %s', async (what, on, reported) => {
  const { options } = fileOutlets(path.join(runtimeDir, what.slice(0, 8).replace(' ', '-')), {
    channels: 1,
    on,
    off: 'printf off > "$F"; exit 4',
  });
  const power = await openOne(boardRef('exec', '', 1, options), { runtimeDir }, [P_S_J[0]]);
  await expect(power.switchRail('P', 'off')).rejects.toMatchObject({
    message: expect.stringContaining(reported) as string,
  });
});
