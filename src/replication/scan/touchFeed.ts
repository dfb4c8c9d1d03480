/** Reports to the planner of passes which bytes are written, beside the history of the judge. */
import type { HistoryFeed } from '../../judge/history/feed.js';
import type { PassPlanner } from './coverage.js';

/** A feed that passes all on to `feed`, and to `planner` what may change an area. */
export function touchFeed(feed: HistoryFeed | null, planner: PassPlanner | null): HistoryFeed | null {
  if (feed === null || planner === null) return feed;
  return {
    issued(area, updateId, offsetBytes, lengthBytes) {
      planner.touch(offsetBytes, lengthBytes);
      feed.issued(area, updateId, offsetBytes, lengthBytes);
    },
    copyIssued(offsetBytes, lengthBytes) {
      planner.touch(offsetBytes, lengthBytes);
      feed.copyIssued(offsetBytes, lengthBytes);
    },
    completed: (area, updateId, offsetBytes, lengthBytes, ok) =>
      feed.completed(area, updateId, offsetBytes, lengthBytes, ok),
    durableCompleted: (area, updateId, offsetBytes, lengthBytes) =>
      feed.durableCompleted(area, updateId, offsetBytes, lengthBytes),
    flushSubmitted: (area) => feed.flushSubmitted(area),
    flushCompleted: (area, token, ok) => feed.flushCompleted(area, token, ok),
    powerLost: (area) => feed.powerLost(area),
    answered: (updateId, offsetBytes, lengthBytes) => feed.answered(updateId, offsetBytes, lengthBytes),
    copyDurable: (offsetBytes, lengthBytes) => feed.copyDurable(offsetBytes, lengthBytes),
  };
}
