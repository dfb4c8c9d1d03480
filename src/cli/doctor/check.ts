/** One thing that a host must have, and what mends it. */
export interface Check {
  name: string;
  /** `missing` stops a run; `lacking` costs something (a slower way, a test that is skipped). */
  state: 'ok' | 'lacking' | 'missing';
  found: string;
  /** What to do; null when all is well. */
  mend: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, mend: null };
}

export function missing(name: string, found: string, mend: string): Check {
  return { name, state: 'missing', found, mend };
}

export function lacking(name: string, found: string, mend: string): Check {
  return { name, state: 'lacking', found, mend };
}
