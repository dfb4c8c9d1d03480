/**
 * Promise: verify compares P with the judged content, so it finds damage that came after the judge and is on P and S.
 */
import { expect, it } from 'vitest';
import { flip, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
const FIRST_BYTE_OF_LBA_9 = 9 * 512;

it('verify reports damage of P also where S has the same damage', async () => {
  const { engine, spec, devices } = await mirrors.prepared();
  expect(await engine.verify()).toMatchObject({ equal: true, faults: { primary: {}, secondary: {} } });
  await engine.load(WORKLOAD, 5, 200);
  await engine.abandon();
  await engine.open(spec);
  await engine.recover();
  expect((await engine.judge()).areas.primary.faults).toEqual({});
  await engine.resync();
  expect(await engine.verify()).toMatchObject({ equal: true, faults: { primary: {}, secondary: {} } });

  for (const { file } of [devices.primary, devices.secondary]) flip(file, FIRST_BYTE_OF_LBA_9 + 200);
  expect(await engine.verify()).toMatchObject({
    equal: true,
    faults: { primary: { 'bit-corruption': 1 }, secondary: {} },
  });
  await engine.close();
});

it('without a history verify reports no faults', async () => {
  const { engine, spec } = await mirrors.prepared();
  await engine.close();
  await engine.open({ ...spec, historyDir: null });
  expect(await engine.verify()).not.toHaveProperty('faults');
  await engine.close();
});
