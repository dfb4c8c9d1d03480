/** Dirty regions as a picture (pure): one character for equally many regions each, rows with the first region's number. */
export interface RegionRange {
  firstRegion: number;
  regions: number;
}

const COLUMNS = 64;
const ROWS_MAX = 16;

/** `.` clean, `+` some dirty, `#` all dirty. `unlisted`: dirty regions behind the last range; where they are is not known (`?`). */
export function formatRegionMap(dirty: readonly RegionRange[], regionCount: number, unlisted = 0): string {
  const cellRegions = Math.max(1, Math.ceil(regionCount / (COLUMNS * ROWS_MAX)));
  const cellCount = Math.ceil(regionCount / cellRegions);
  const dirtyIn = new Float64Array(cellCount);
  for (const range of dirty) {
    const end = range.firstRegion + range.regions;
    for (let at = range.firstRegion; at < end;) {
      const cell = Math.floor(at / cellRegions);
      const next = Math.min(end, (cell + 1) * cellRegions);
      dirtyIn[cell] += next - at;
      at = next;
    }
  }
  const last = dirty.at(-1);
  const knownUpTo = unlisted === 0 || last === undefined ? regionCount : last.firstRegion + last.regions;
  const cells = Array.from(dirtyIn, (n, i) =>
    n === 0
      ? unlisted > 0 && (i + 1) * cellRegions > knownUpTo
        ? '?'
        : '.'
      : n >= Math.min(cellRegions, regionCount - i * cellRegions)
        ? '#'
        : '+',
  );
  const rows: string[] = [
    `each character: ${cellRegions} region${cellRegions === 1 ? '' : 's'}; . clean, + some dirty, # dirty`,
  ];
  for (let at = 0; at < cellCount; at += COLUMNS) {
    rows.push(`${String(at * cellRegions).padStart(10)}  ${cells.slice(at, at + COLUMNS).join('')}`);
  }
  if (unlisted > 0) rows.push(`? is not listed: ${unlisted} more dirty regions lie behind region ${knownUpTo - 1}`);
  return rows.join('\n');
}
