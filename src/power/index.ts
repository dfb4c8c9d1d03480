/** Boards as data, ttys, rails: what the rest of the house uses of this folder. */

export type { BoardType, BoardTypeInput, ReadBackKind } from './boardType.js';
export { type PowerErrorCode, type PowerErrorContext, PowerError, isPowerError } from './errors.js';
export { boardTypeYaml, ownBoardType } from './boardTypeYaml.js';
export { findBoardType } from './findBoardType.js';
export { checkPowerSpec, type PowerSpec } from './checkPowerSpec.js';
export { mayBeAsked, type RailAtRest, readRailsAtRest } from './readAtRest.js';
export { openPower, type PowerDeps } from './openPower.js';
export type { WireTrace } from './boards/connection.js';
export type { PowerController } from './rails/controller.js';
export type { AllOnResult, RailPulse, RailReading, RailSwitch } from './rails/railResults.js';
export { railsLeft, type RailNotOn } from './rails/railsLeft.js';
export type { RailCommand, RailState } from './rails/railMap.js';
export type { SwitchProof } from './rails/verify.js';
export { type BoardListing, listBoards } from './listBoards.js';
export { listTtys, type TtyListing } from './listTtys.js';
export { type TtyDoubt, ttyDoubts } from './ttyDoubts.js';
export { requireReach } from './requireReach.js';
export { type BoardTestSetup, type BoardTestStep, testBoard } from './testBoard.js';
