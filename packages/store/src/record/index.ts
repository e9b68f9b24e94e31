export * from "./load.ts";
export * from "./rows.ts";
export * from "./save-contacts.ts";
export * from "./save-deliveries.ts";
export * from "./save-events.ts";
export { hourOf, saveCounts, saveHealth, unchangedHealth } from "./save-figures.ts";
export type { CountRow, HealthRow } from "./save-figures.ts";
export * from "./stream.ts";
export { isPassing } from "./passing.ts";
