import type { Check } from './check.js';
import { checkDeviceIdentity, checkDevicesApart } from './devices.js';
import { checkLabBoards, checkLabFeeds, checkLabWiring } from './lab.js';
import { checkBoards, checkCuts, checkPowered, checkRails } from './power.js';
import { checkCutPoints } from './cutPoints.js';
import { checkLabBehaviour } from './labBehaviour.js';
import { checkBoardTypes, checkTypesUsed } from './boardTypes.js';
import { checkAreaSizes, checkInFlightBytes, checkJournalSize, checkRegionCount, checkWritesFit } from './sizes.js';
import { checkFlushBeforeTimeout } from './times.js';

/** Every check across sections, in the order in which a profile is read. */
export const CHECKS: readonly Check[] = [
  checkDeviceIdentity,
  checkDevicesApart,
  checkAreaSizes,
  checkRegionCount,
  checkWritesFit,
  checkInFlightBytes,
  checkJournalSize,
  checkFlushBeforeTimeout,
  checkBoardTypes,
  checkBoards,
  checkTypesUsed,
  checkRails,
  checkPowered,
  checkCuts,
  checkCutPoints,
  checkLabBoards,
  checkLabFeeds,
  checkLabWiring,
  checkLabBehaviour,
];
