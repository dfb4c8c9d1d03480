/** The devices of a rig, by the names that profiles, reports and metrics use, in the order in which they are listed. */

/** P and S: they hold the data, and are kept equal. */
export const STORAGE_AREAS = ['primary', 'secondary'] as const;
export type StorageArea = (typeof STORAGE_AREAS)[number];

/** The index of an area here is its device index on the I/O ring and in the tracker. */
export const AREA_NAMES = [...STORAGE_AREAS, 'journal'] as const;
export type AreaName = (typeof AREA_NAMES)[number];
