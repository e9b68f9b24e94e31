-- Whom a history is about that has no event to say so. By itself: it needs the table for a moment only.
ALTER TABLE "subjects" ADD COLUMN "via" TEXT;
