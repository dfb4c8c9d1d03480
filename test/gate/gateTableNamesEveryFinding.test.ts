/** The table shows every finding in full length, in aligned columns, and says that the gate has written nothing. */
import { expect, it } from 'vitest';
import { formatGate, type GateRefusal } from '../../src/gate/gateReport.js';

const findings: GateRefusal[] = [
  { code: 'GATE_MOUNTED', role: 'primary', path: '/dev/a', found: 'mounted at /srv', nextStep: 'umount it' },
  {
    code: 'GATE_SAME_DEVICE',
    role: 'secondary',
    path: '/dev/disk/by-id/b',
    found: 'both are sda',
    nextStep: 'another',
  },
];

it('two findings are two rows below a heading', () => {
  expect(formatGate({ passed: false, findings, devices: [] }).split('\n')).toEqual([
    'safety gate: refused (2 findings); nothing was written',
    'role       device             code              found            next step',
    'primary    /dev/a             GATE_MOUNTED      mounted at /srv  umount it',
    'secondary  /dev/disk/by-id/b  GATE_SAME_DEVICE  both are sda     another',
  ]);
});

it('without findings one line says that the gate has passed', () => {
  expect(formatGate({ passed: true, findings: [], devices: [] })).toBe('safety gate: passed (0 devices)');
});
