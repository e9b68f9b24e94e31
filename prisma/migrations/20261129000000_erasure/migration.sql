-- What erasing a person looks for. Both indexes hold the few rows that they are asked for, and cost the others nothing.
ALTER TABLE "subjects" ADD COLUMN "via" TEXT;
CREATE INDEX "subjects_without_events" ON "subjects" ("tenant_id", "via") WHERE "via" IS NOT NULL;
CREATE INDEX "events_repeats" ON "events" ("tenant_id", "repeat_of") WHERE "repeat_of" IS NOT NULL;
