-- A page of an import that was fetched before somebody was erased is known by it, and not written. It needs the table for a moment only.
ALTER TABLE "backfills" ADD COLUMN "erasures" INTEGER NOT NULL DEFAULT 0;
