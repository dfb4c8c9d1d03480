/** `[HOST:]PORT` of the command line. */
import { MetricsError } from './errors.js';

export interface MetricsAddress {
  host: string;
  /** 0: any free one. */
  port: number;
}

/** Reports say what was written to which disks, and nothing here asks who reads them: this host alone, unless told. */
const DEFAULT_HOST = '127.0.0.1';

const PORT_MAX = 65_535;

/** `9464`, `0.0.0.0:9464`, `bench.example:9464`, `[::1]:9464`. @throws MetricsError METRICS_ADDRESS */
export function parseMetricsAddress(text: string): MetricsAddress {
  const m = /^(?:(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/.exec(text);
  const port = m === null ? NaN : Number(m[3]);
  if (m === null || port > PORT_MAX) {
    throw new MetricsError(
      'METRICS_ADDRESS',
      `metrics address '${text}' must be [HOST:]PORT with a port from 0 to ${PORT_MAX}; write it like 9464 or [::1]:9464`,
      { text },
    );
  }
  return { host: m[1] ?? m[2] ?? DEFAULT_HOST, port };
}
