/**
 * A relay or transistor on a control line of the tty: channel 1 is DTR or RTS. Raised = on; a rail's `invert` turns it.
 * No answer. Opening the tty may raise both lines before the first command: that is the driver's doing and can't be
 * kept from it.
 */

import type { Wire } from '../transport/wire.js';
import type { Board } from './board.js';

export type ControlLine = 'dtr' | 'rts';

export function lineBoard(name: string, line: ControlLine, wire: Wire): Board {
  // TIOCMSET sets both at once: the other one is held where opening put it.
  const lines = { dtr: true, rts: true };
  return {
    name,
    type: line,
    channels: 1,
    readBack: 'none',
    readBackWithinMs: 0,
    async set(changes) {
      lines[line] = changes[changes.length - 1].on;
      return { commandNs: await wire.setLines({ ...lines }), evidence: 'none' };
    },
    read: () => Promise.resolve(null),
    pulse: () => Promise.resolve(null),
    identify: () => Promise.resolve(null),
    close: () => wire.close(),
  };
}
