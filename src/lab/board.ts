/**
 * A virtual relay board: a pty with a peer behind it, and contacts that move after the contact delay.
 *
 *   host ── tty ──► peer (bytes → switches) ──contact delay──► rails
 */
import type { LabBoardSpec } from './spec.js';
import type { CreatePeer, PeerReaction } from './peer.js';
import { openPty, type Pty, TtyWatch } from './pty.js';

export type OnContact = (board: string, channel: number, on: boolean) => void;

export interface Board {
  readonly ttyPath: string;
  close(): void;
}

/** `initialOn`: the relays that are on at power-up. */
export function startBoard(
  spec: LabBoardSpec,
  initialOn: (channel: number) => boolean,
  createPeer: CreatePeer,
  onContact: OnContact,
): Board {
  const pty: Pty = openPty();
  const peer = createPeer(spec.protocol, { channels: spec.channels, initialOn, options: spec.options });
  const timers = new Set<NodeJS.Timeout>();

  const later = (ms: number, action: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, ms);
    timers.add(timer);
  };

  const apply = (reaction: PeerReaction): void => {
    const send = (): void => reaction.reply.forEach((part) => pty.send(part));
    if (reaction.replyAfterMs) later(reaction.replyAfterMs, send);
    else send();
    for (const { channel, on, afterMs } of reaction.switched) {
      later(spec.contactDelayMs + (afterMs ?? 0), () => onContact(spec.name, channel, on));
    }
  };

  const watch = new TtyWatch(pty.path, () => {
    pty.discardUnread();
    if (peer.opened) apply(peer.opened(performance.now()));
  });
  pty.onData((chunk) => {
    watch.look();
    apply(peer.receive(chunk, performance.now()));
  });
  return {
    ttyPath: pty.path,
    close: () => {
      timers.forEach(clearTimeout);
      watch.close();
      pty.close();
    },
  };
}
