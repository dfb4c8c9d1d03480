/** The four checks that relay boards put behind their frames. */

import crc16modbus from 'crc/crc16modbus';

export type ChecksumName = 'sum8' | 'xor8' | 'lrc' | 'crc16';

export const checksumBytes: Record<ChecksumName, number> = { sum8: 1, xor8: 1, lrc: 1, crc16: 2 };

export function isChecksum(name: string): name is ChecksumName {
  return Object.hasOwn(checksumBytes, name);
}

/** The check over `bytes`, as it goes over the wire (CRC16 of Modbus: low byte first). */
export function checksum(name: ChecksumName, bytes: Uint8Array): number[] {
  switch (name) {
    case 'sum8':
      return [bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)];
    case 'xor8':
      return [bytes.reduce((sum, byte) => sum ^ byte, 0)];
    case 'lrc':
      // Modbus ASCII: two's complement of the sum.
      return [-bytes.reduce((sum, byte) => sum + byte, 0) & 0xff];
    case 'crc16': {
      const crc = crc16modbus(Buffer.from(bytes));
      return [crc & 0xff, crc >> 8];
    }
  }
}
