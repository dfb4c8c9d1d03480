/** The interface of a tty for board code: a byte stream and control lines. Tests use a pty or a list instead. */

import type { LineSettings } from '../line.js';

/** Line settings that are absent are those of 8N1. */
export interface WireSettings extends Pick<LineSettings, 'baud'>, Partial<Omit<LineSettings, 'baud'>> {
  tty: string;
  hangUpOnClose: boolean;
  /** The holder's name in the lock file. */
  rigName: string;
  /** The directory of lock files. */
  runtimeDir: string;
  /** The tty is opened for one read: another process that needs it waits for the end of that read. */
  brief?: boolean;
}

export interface Wire {
  /** Resolves with the monotonic ns at which the kernel had taken the last byte. Rejects with `PowerError`. */
  write(bytes: Uint8Array): Promise<number>;
  /** Called with the bytes that arrive; one listener. */
  onData(listener: (chunk: Uint8Array) => void): void;
  /** Called once if the tty fails or is unplugged. */
  onLost(listener: (error: Error) => void): void;
  /** Resolves with the monotonic ns after the ioctl. */
  setLines(lines: { dtr: boolean; rts: boolean }): Promise<number>;
  close(): Promise<void>;
}

export type OpenWire = (settings: WireSettings) => Promise<Wire>;
