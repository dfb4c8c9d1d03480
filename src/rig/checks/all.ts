import type { Check } from './check.js';
import { checkDeviceIdentity, checkDevicesApart } from './devices.js';
import { checkLabBoards, checkLabFeeds, checkLabWiring } from './lab.js';
import { checkBoards, checkCuts, checkPowered, checkRails } from './power.js';
import { checkAreaSizes, checkInFlightBytes, checkJournalSize, checkWritesFit } from './sizes.js';

/** Every check across sections, in the order in which a profile is read. */
export const CHECKS: readonly Check[] = [
  checkDeviceIdentity,
  checkDevicesApart,
  checkAreaSizes,
  checkWritesFit,
  checkInFlightBytes,
  checkJournalSize,
  checkBoards,
  checkRails,
  checkPowered,
  checkCuts,
  checkLabBoards,
  checkLabFeeds,
  checkLabWiring,
];
