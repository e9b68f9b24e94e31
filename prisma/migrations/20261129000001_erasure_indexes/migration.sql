-- What erasing a person looks for. Both hold the few rows that they are asked for, and cost the others nothing; but each reads
-- its whole table once, and nothing is recorded meanwhile: where that takes long, they can be made before (docs/operating.md).
CREATE INDEX IF NOT EXISTS "events_repeats" ON "events" ("tenant_id", "repeat_of") WHERE "repeat_of" IS NOT NULL;
CREATE INDEX IF NOT EXISTS "subjects_without_events" ON "subjects" ("tenant_id", "via") WHERE "via" IS NOT NULL;
