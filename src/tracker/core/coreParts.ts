/** What a core is built of. */
import { Copies } from './copies.js';
import { PowerEpoch } from './devices.js';
import { Evidence } from './evidence.js';
import { IndicatorPages } from './indicatorPages.js';
import { Resync } from './resync.js';
import { TransactionLog } from './transactionLog.js';
import type { UpdatesParts } from './updateQueue.js';
import { Updates } from './updates.js';

/** The explorer's broken cores put in a broken part here, and nowhere else. */
export interface CoreParts extends UpdatesParts {
  TransactionLog: typeof TransactionLog;
  IndicatorPages: typeof IndicatorPages;
  PowerEpoch: typeof PowerEpoch;
  Evidence: typeof Evidence;
  Updates: typeof Updates;
  Resync: typeof Resync;
}

export const CORE_PARTS: CoreParts = { TransactionLog, IndicatorPages, PowerEpoch, Evidence, Copies, Updates, Resync };
