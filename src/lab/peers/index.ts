/**
 * Strict peers for every protocol that src/power speaks: pure byte machines, written from the manufacturers' tables and
 * independent of the frames in src/power.
 */
import { z } from 'zod';
import type { BoardPeer, CreatePeer } from '../peer.js';
import { conrad, kmtronic, lcus } from './fixedFrameBoards.js';
import { denkovi16, numato, sainsmart16 } from './textBoards.js';
import { devantech, icse } from './singleByteBoards.js';
import { firmata } from './firmata.js';
import { misbehave, misbehaviourShape, type Misbehaviour } from './misbehaviour.js';
import { modbusR421a, modbusRtu } from './modbusRtu.js';
import type { Protocol } from './protocol.js';
import { Relays } from './relays.js';
import { scpi, scpiSiglent } from './scpi.js';

const protocols: Readonly<Record<string, Protocol>> = {
  lcus,
  numato,
  kmtronic,
  devantech,
  icse,
  conrad,
  denkovi16,
  sainsmart16,
  'modbus-rtu': modbusRtu,
  'modbus-r421a': modbusR421a,
  firmata,
  scpi,
  'scpi-siglent': scpiSiglent,
};

/** Names that `createPeer` takes. */
export const peerProtocols: readonly string[] = Object.keys(protocols);

const misbehaviour = z.object(misbehaviourShape);
const NOTHING = { reply: [], switched: [] };

/** Throws RangeError (protocol, channels) or TypeError (options). */
export const createPeer: CreatePeer = (name, setup) => {
  if (!Object.hasOwn(protocols, name)) {
    throw new RangeError(`protocol "${name}" is unknown; known: ${peerProtocols.join(', ')}`);
  }
  const definition = protocols[name];
  checkChannels(name, definition, setup.channels);
  const { wrong, own } = splitOptions(name, definition, setup.options);
  const relays = new Relays({
    channels: setup.channels,
    initialOn: typeof setup.initialOn === 'function' ? setup.initialOn : () => setup.initialOn as boolean,
    welded: wrong.welded,
    reportsOpposite: wrong.wrongReply === 'opposite',
    afterMoves: wrong.afterMoves,
  });
  const machine = definition.start(relays, own);
  const react = misbehave(wrong);
  const peer: BoardPeer = {
    receive(chunk, nowMs) {
      if (wrong.dead && relays.misbehaves) return NOTHING;
      relays.advance(nowMs);
      const misbehaves = relays.misbehaves;
      return react(machine.receive(chunk, nowMs), relays.takeMoved(), misbehaves);
    },
  };
  if (machine.opened !== undefined) {
    peer.opened = (nowMs) => {
      if (wrong.dead && relays.misbehaves) return NOTHING;
      relays.advance(nowMs);
      const misbehaves = relays.misbehaves;
      return react(machine.opened?.(nowMs) ?? [], relays.takeMoved(), misbehaves);
    };
  }
  return peer;
};

function checkChannels(name: string, { channels }: Protocol, wanted: number): void {
  const made = 'min' in channels ? wanted >= channels.min && wanted <= channels.max : channels.includes(wanted);
  if (made && Number.isInteger(wanted)) return;
  const known = 'min' in channels ? `${channels.min} to ${channels.max}` : channels.join(', ');
  throw new RangeError(`${name}: boards with ${wanted} channels do not exist; channels: ${known}`);
}

function splitOptions(
  name: string,
  definition: Protocol,
  options: Record<string, unknown>,
): { wrong: Misbehaviour; own: unknown } {
  const common = Object.keys(misbehaviourShape);
  const pick = (wanted: boolean): Record<string, unknown> =>
    Object.fromEntries(Object.entries(options).filter(([key]) => common.includes(key) === wanted));
  const wrong = misbehaviour.safeParse(pick(true));
  const own = definition.options.safeParse(pick(false));
  if (!wrong.success) throw new TypeError(`options of ${name}: ${z.prettifyError(wrong.error)}`);
  if (!own.success) throw new TypeError(`options of ${name}: ${z.prettifyError(own.error)}`);
  return { wrong: wrong.data, own: own.data };
}
