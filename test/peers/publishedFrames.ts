/** Fixtures for the peers: frames and answers that vendors and owners of the boards publish. */

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

export interface PublishedFrame {
  protocol: string;
  channels: number;
  /** State of all relays before the frame; default off. */
  initialOn?: boolean;
  options?: Record<string, unknown>;
  /** Bytes that the board must receive before the frame, on the same connection. */
  first?: Uint8Array;
  frame: Uint8Array;
  /** Relays that switch: 1 is relay 1 on, -2 is relay 2 off. */
  moves: number[];
  reply: Uint8Array;
  /** The frame has a checksum, so the peer must refuse it with any one bit changed. */
  checked?: boolean;
}

const none = new Uint8Array();
const all = (channels: number, sign: 1 | -1): number[] => Array.from({ length: channels }, (_, i) => sign * (i + 1));

export const publishedFrames: PublishedFrame[] = [
  { protocol: 'lcus', channels: 8, frame: hex('A0 01 01 A2'), moves: [1], reply: none },
  { protocol: 'lcus', channels: 8, initialOn: true, frame: hex('A0 08 00 A8'), moves: [-8], reply: none },
  { protocol: 'lcus', channels: 2, frame: hex('FF'), moves: [], reply: ascii('CH1: OFF\r\nCH2: OFF\r\n') },
  { protocol: 'lcus', channels: 1, initialOn: true, frame: hex('FF'), moves: [], reply: ascii('CH1: ON \r\n') },
  { protocol: 'numato', channels: 8, frame: ascii('relay on 0\r'), moves: [1], reply: ascii('relay on 0\n\r>') },
  { protocol: 'numato', channels: 32, frame: ascii('relay on V\r'), moves: [32], reply: ascii('relay on V\n\r>') },
  { protocol: 'numato', channels: 64, frame: ascii('relay on 63\r'), moves: [64], reply: ascii('relay on 63\n\r>') },
  {
    protocol: 'numato',
    channels: 8,
    frame: ascii('relay read 0\r'),
    moves: [],
    reply: ascii('relay read 0\n\roff\n\r>'),
  },
  { protocol: 'kmtronic', channels: 2, frame: hex('FF 02 01'), moves: [2], reply: none },
  { protocol: 'kmtronic', channels: 2, frame: hex('FF 01 03'), moves: [], reply: hex('FF 01 00') },
  { protocol: 'kmtronic', channels: 4, initialOn: true, frame: hex('FF 09 00'), moves: [], reply: hex('01 01 01 01') },
  { protocol: 'devantech', channels: 8, frame: hex('65'), moves: [1], reply: none },
  { protocol: 'devantech', channels: 8, initialOn: true, frame: hex('76'), moves: [-8], reply: none },
  { protocol: 'devantech', channels: 8, frame: hex('64'), moves: all(8, 1), reply: none },
  { protocol: 'devantech', channels: 8, frame: hex('5C 81'), moves: [1, 8], reply: none },
  { protocol: 'devantech', channels: 8, first: hex('66'), frame: hex('5B'), moves: [], reply: hex('02') },
  { protocol: 'icse', channels: 8, frame: hex('50'), moves: [], reply: hex('AC') },
  { protocol: 'icse', channels: 2, frame: hex('50'), moves: [], reply: hex('AD') },
  { protocol: 'icse', channels: 4, frame: hex('50'), moves: [], reply: hex('AB') },
  { protocol: 'icse', channels: 8, first: hex('50 51'), frame: hex('FE'), moves: [1], reply: none },
  { protocol: 'icse', channels: 8, first: hex('50 51'), frame: hex('50'), moves: [1, 2, 3, 4, 6, 8], reply: none },
  {
    protocol: 'conrad',
    channels: 8,
    first: hex('01 01 00 00'),
    frame: hex('06 01 01 06'),
    moves: [1],
    reply: hex('F9 01 01 F9'),
    checked: true,
  },
  {
    protocol: 'conrad',
    channels: 8,
    initialOn: true,
    first: hex('01 01 00 00'),
    frame: hex('03 01 00 02'),
    moves: all(8, -1),
    reply: hex('FC 01 00 FD'),
    checked: true,
  },
  {
    protocol: 'conrad',
    channels: 8,
    first: hex('01 01 00 00'),
    frame: hex('02 01 00 03'),
    moves: [],
    reply: hex('FD 01 00 FC'),
    checked: true,
  },
  { protocol: 'denkovi16', channels: 16, frame: ascii('01+//'), moves: [1], reply: ascii('01+//') },
  { protocol: 'denkovi16', channels: 16, frame: ascii('on//'), moves: all(16, 1), reply: ascii('on//') },
  { protocol: 'denkovi16', channels: 16, first: ascii('01+//'), frame: ascii('ask//'), moves: [], reply: hex('80 00') },
  {
    protocol: 'sainsmart16',
    channels: 16,
    frame: ascii(':FE050000FF00FE\r\n'),
    moves: [1],
    reply: ascii(':FE050000FF00FE\r\n'),
    checked: true,
  },
  {
    protocol: 'sainsmart16',
    channels: 16,
    frame: ascii(':FE0F0000001002FFFFE3\r\n'),
    moves: all(16, 1),
    reply: ascii(':FE0F0000001002FFFFE3\r\n'),
    checked: true,
  },
  { protocol: 'sainsmart16', channels: 16, frame: ascii(':FE0100000010F1\r\n'), moves: [], reply: none },
  {
    protocol: 'modbus-rtu',
    channels: 8,
    frame: hex('01 05 00 00 FF 00 8C 3A'),
    moves: [1],
    reply: hex('01 05 00 00 FF 00 8C 3A'),
    checked: true,
  },
  {
    protocol: 'modbus-rtu',
    channels: 8,
    frame: hex('01 0F 00 00 00 08 01 FF BE D5'),
    moves: all(8, 1),
    reply: hex('01 0F 00 00 00 08 54 0D'),
    checked: true,
  },
  {
    protocol: 'modbus-rtu',
    channels: 8,
    first: hex('01 05 00 00 FF 00 8C 3A 01 05 00 06 FF 00 6C 3B'),
    frame: hex('01 01 00 00 00 08 3D CC'),
    moves: [],
    reply: hex('01 01 01 41 91 B8'),
    checked: true,
  },
  {
    protocol: 'modbus-rtu',
    channels: 8,
    frame: hex('01 05 02 00 00 07 8D B0'),
    moves: [1, -1],
    reply: hex('01 05 02 00 00 07 8D B0'),
    checked: true,
  },
  {
    protocol: 'modbus-rtu',
    channels: 8,
    frame: hex('01 05 00 08 FF 00 0D F8'),
    moves: [],
    reply: hex('01 85 02 C3 51'),
    checked: true,
  },
  {
    protocol: 'modbus-r421a',
    channels: 8,
    frame: hex('01 06 00 01 01 00 D9 9A'),
    moves: [1],
    reply: hex('01 06 00 01 01 00 D9 9A'),
    checked: true,
  },
  {
    protocol: 'modbus-r421a',
    channels: 8,
    frame: hex('01 03 00 01 00 01 D5 CA'),
    moves: [],
    reply: hex('01 03 02 00 00 B8 44'),
    checked: true,
  },
  { protocol: 'firmata', channels: 4, first: hex('F4 03 01'), frame: hex('F5 03 01'), moves: [2], reply: none },
  { protocol: 'firmata', channels: 4, frame: hex('F5 03 01'), moves: [], reply: none },
  {
    protocol: 'firmata',
    channels: 4,
    first: hex('F4 02 01'),
    frame: hex('F0 6D 02 F7'),
    moves: [],
    reply: hex('F0 6E 02 01 00 F7'),
  },
  { protocol: 'scpi', channels: 1, initialOn: true, frame: ascii('OUTP OFF\n'), moves: [-1], reply: none },
  { protocol: 'scpi', channels: 1, initialOn: true, frame: ascii('OUTP?\n'), moves: [], reply: ascii('1\n') },
  {
    protocol: 'scpi',
    channels: 1,
    initialOn: true,
    options: { volts: 5 },
    frame: ascii('MEAS:VOLT?\n'),
    moves: [],
    reply: ascii('5.000\n'),
  },
  { protocol: 'scpi-siglent', channels: 3, frame: ascii('OUTPUT CH1,ON\n'), moves: [1], reply: none },
];
// A switching frame of lcus has a checksum too.
for (const one of publishedFrames) if (one.protocol === 'lcus' && one.frame.length === 4) one.checked = true;
