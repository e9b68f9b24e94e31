export { backfillWork } from "./backfill-work.ts";
export type { BackfillOptions } from "./backfill-work.ts";
export { reviveBackfills } from "./revive.ts";
