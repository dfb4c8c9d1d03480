import { it } from 'vitest';
import { LIVES } from './lives.js';
import { holds } from './property.js';
import { live, scenario } from './randomRun.js';

it.each(Object.keys(LIVES))('no random life breaks an invariant: %s', (kind) => {
  holds(scenario(LIVES[kind]), 1200, live);
});
