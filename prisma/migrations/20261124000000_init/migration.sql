CREATE TABLE "tenants" (
  "id" TEXT PRIMARY KEY,
  "name" TEXT NOT NULL,
  "token_hash" BYTEA,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX "tenants_token_hash_key" ON "tenants" ("token_hash");

CREATE TABLE "streams" (
  "tenant_id" TEXT PRIMARY KEY,
  "last_seq" BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE "integrations" (
  "tenant_id" TEXT NOT NULL REFERENCES "tenants" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "provider" TEXT NOT NULL,
  "api_key" BYTEA,
  "api_key_hint" TEXT,
  "signup_event" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  PRIMARY KEY ("tenant_id", "provider")
);

CREATE TABLE "signing_secrets" (
  "id" UUID PRIMARY KEY,
  "tenant_id" TEXT NOT NULL REFERENCES "tenants" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "provider" TEXT NOT NULL,
  "sealed" BYTEA NOT NULL,
  "hint" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "expires_at" TIMESTAMPTZ(3),
  "last_used_at" TIMESTAMPTZ(3)
);
CREATE INDEX "signing_secrets_tenant_id_provider_idx" ON "signing_secrets" ("tenant_id", "provider");

CREATE TABLE "contacts" (
  "id" UUID PRIMARY KEY,
  "tenant_id" TEXT NOT NULL,
  "email" TEXT,
  "name" TEXT,
  "username" TEXT,
  "avatar_url" TEXT,
  "attributes" JSONB NOT NULL DEFAULT '{}',
  "deactivated_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX "contacts_tenant_id_id_idx" ON "contacts" ("tenant_id", "id");

CREATE TABLE "contact_redirects" (
  "tenant_id" TEXT NOT NULL,
  "old_id" UUID NOT NULL,
  "contact_id" UUID NOT NULL,
  PRIMARY KEY ("tenant_id", "old_id")
);
CREATE INDEX "contact_redirects_contact_id_idx" ON "contact_redirects" ("contact_id");

CREATE TABLE "identities" (
  "tenant_id" TEXT NOT NULL,
  "space" TEXT NOT NULL,
  "external_id" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "contact_id" UUID NOT NULL,
  "facts" JSONB NOT NULL,
  PRIMARY KEY ("tenant_id", "space", "external_id")
) WITH (fillfactor = 80);
CREATE INDEX "identities_contact_id_idx" ON "identities" ("contact_id");
CREATE INDEX "identities_tenant_id_provider_contact_id_idx" ON "identities" ("tenant_id", "provider", "contact_id");

CREATE TABLE "subjects" (
  "tenant_id" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "history" JSONB,
  "firsts" JSONB NOT NULL,
  PRIMARY KEY ("tenant_id", "provider", "subject")
) WITH (fillfactor = 80);

CREATE TABLE "events" (
  "tenant_id" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "provider_event_id" TEXT NOT NULL,
  "event_key" TEXT NOT NULL,
  "provider_event_type" TEXT NOT NULL,
  "contact_id" UUID,
  "via" TEXT,
  "subject" TEXT,
  "signup" BOOLEAN NOT NULL,
  "repeat_of" UUID,
  "occurred_at" TIMESTAMPTZ(3) NOT NULL,
  "recorded_at" TIMESTAMPTZ(3) NOT NULL,
  "data" JSONB NOT NULL,
  PRIMARY KEY ("tenant_id", "seq")
);
CREATE UNIQUE INDEX "events_tenant_id_provider_event_key_key" ON "events" ("tenant_id", "provider", "event_key");
CREATE INDEX "events_tenant_id_contact_id_seq_idx" ON "events" ("tenant_id", "contact_id", "seq");
CREATE INDEX "events_tenant_id_type_provider_seq_idx" ON "events" ("tenant_id", "type", "provider", "seq");

CREATE TABLE "erased_events" (
  "tenant_id" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "event_key" TEXT NOT NULL,
  PRIMARY KEY ("tenant_id", "provider", "event_key")
);

CREATE TABLE "deliveries" (
  "tenant_id" TEXT NOT NULL,
  "id" UUID NOT NULL,
  "provider" TEXT NOT NULL,
  "provider_event_id" TEXT,
  "provider_event_type" TEXT,
  "outcome" TEXT NOT NULL,
  "reason" TEXT,
  "received_at" TIMESTAMPTZ(3) NOT NULL,
  "processed_at" TIMESTAMPTZ(3),
  "event_id" UUID,
  "contact_id" UUID,
  "secret_id" UUID,
  "request_id" TEXT,
  "via" TEXT,
  "dedupe" BOOLEAN NOT NULL DEFAULT true,
  PRIMARY KEY ("tenant_id", "id")
);
CREATE INDEX "deliveries_tenant_id_provider_outcome_id_idx" ON "deliveries" ("tenant_id", "provider", "outcome", "id");
CREATE INDEX "deliveries_tenant_id_provider_event_id_idx" ON "deliveries" ("tenant_id", "provider_event_id");
CREATE INDEX "deliveries_contact_id_id_idx" ON "deliveries" ("contact_id", "id");

CREATE TABLE "payloads" (
  "tenant_id" TEXT NOT NULL,
  "delivery_id" UUID NOT NULL,
  "body" TEXT NOT NULL,
  PRIMARY KEY ("tenant_id", "delivery_id")
);
-- Bodies are kept as they are: compressing one costs more than all the rest of its row.
ALTER TABLE "payloads" ALTER COLUMN "body" SET STORAGE EXTERNAL;

CREATE TABLE "delivery_counts" (
  "tenant_id" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "hour" TIMESTAMPTZ(0) NOT NULL,
  "outcome" TEXT NOT NULL,
  "count" BIGINT NOT NULL,
  PRIMARY KEY ("tenant_id", "provider", "hour", "outcome")
) WITH (fillfactor = 50);
CREATE INDEX "delivery_counts_hour_idx" ON "delivery_counts" ("hour");

CREATE TABLE "connector_health" (
  "tenant_id" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "contacts" BIGINT NOT NULL DEFAULT 0,
  "last_activity_at" TIMESTAMPTZ(3),
  "last_event_type" TEXT,
  "last_problem" TEXT,
  "last_problem_at" TIMESTAMPTZ(3),
  PRIMARY KEY ("tenant_id", "provider")
) WITH (fillfactor = 50);

CREATE TABLE "backfills" (
  "id" UUID PRIMARY KEY,
  "tenant_id" TEXT NOT NULL REFERENCES "tenants" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "status" TEXT NOT NULL,
  "total" INTEGER,
  "seen" INTEGER NOT NULL DEFAULT 0,
  "created" INTEGER NOT NULL DEFAULT 0,
  "updated" INTEGER NOT NULL DEFAULT 0,
  "skipped" INTEGER NOT NULL DEFAULT 0,
  "cursor" JSONB,
  "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "progress_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "finished_at" TIMESTAMPTZ(3),
  "error" TEXT
);
CREATE INDEX "backfills_tenant_id_started_at_idx" ON "backfills" ("tenant_id", "started_at");
-- One at a time per tenant, whoever asks.
CREATE UNIQUE INDEX "backfills_one_running" ON "backfills" ("tenant_id") WHERE "status" IN ('running', 'waiting');
