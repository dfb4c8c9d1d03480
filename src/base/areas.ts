/** The areas of a rig, with the names and the order that profiles, reports and metrics use. */

/** P and S hold the data; replication keeps them equal. */
export const STORAGE_AREAS = ['primary', 'secondary'] as const;
export type StorageArea = (typeof STORAGE_AREAS)[number];

/** The index of an area here is its device index on the I/O ring and in the tracker. */
export const AREA_NAMES = [...STORAGE_AREAS, 'journal'] as const;
export type AreaName = (typeof AREA_NAMES)[number];
