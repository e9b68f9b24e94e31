import { Worker } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import type { EventJob } from "@mara/queue";

// The least that commits a webhook with the same libraries: the jobs in flight share a transaction of two statements, which
// lays down a contact and an event with its body for each. It reads nothing of the body, and asks for no history.
interface Waiting {
  readonly job: EventJob;
  done(): void;
  failed(error: unknown): void;
}

const { DATABASE_URL = "", REDIS_URL = "", QUEUE = "", PREFIX = "" } = process.env;
const MOST_IN_A_BATCH = 500;
const TABLES = `
  CREATE TABLE IF NOT EXISTS plain_contacts (tenant_id text, email text, seen_at timestamptz, PRIMARY KEY (tenant_id, email));
  CREATE TABLE IF NOT EXISTS plain_events (id uuid PRIMARY KEY, tenant_id text, email text, type text, body text)`;
const SAVE_CONTACTS = `
  INSERT INTO plain_contacts SELECT DISTINCT *, now() FROM unnest($1::text[], $2::text[])
  ON CONFLICT (tenant_id, email) DO UPDATE SET seen_at = excluded.seen_at`;
const SAVE_EVENTS = `
  INSERT INTO plain_events SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
  ON CONFLICT DO NOTHING`;

const postgres = new pg.Client({ connectionString: DATABASE_URL });
// Where the bench is over before this program is.
postgres.on("error", () => process.exit(0));
await postgres.connect();
await postgres.query(TABLES);
const waiting: Waiting[] = [];
let isWriting = false;

new Worker<EventJob>(
  QUEUE,
  ({ data }) =>
    new Promise<void>((done, failed) => {
      waiting.push({ job: data, done, failed });
      if (waiting.length === 1) setImmediate(write);
    }),
  { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), prefix: PREFIX, concurrency: 256, removeOnComplete: { count: 0 } },
);

async function write(): Promise<void> {
  if (isWriting) return;
  isWriting = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, MOST_IN_A_BATCH);
    try {
      await commit(batch.map(({ job }) => job));
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }
  isWriting = false;
}

async function commit(jobs: readonly EventJob[]): Promise<void> {
  const tenants = jobs.map((job) => job.tenantId);
  const emails = jobs.map((job) => `${job.eventId}@example.com`);
  await postgres.query("BEGIN");
  await postgres.query(SAVE_CONTACTS, [tenants, emails]);
  await postgres.query(SAVE_EVENTS, [jobs.map((job) => job.deliveryId), tenants, emails, jobs.map((job) => job.eventType), jobs.map((job) => job.body)]);
  await postgres.query("COMMIT");
}
