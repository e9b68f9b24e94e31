import { readClerkUser } from "@mara/connectors";
import { createLogger } from "@mara/runtime";
import { openStore, readKeyring } from "@mara/store";
import { createPatience, createRecorder } from "@mara/worker";
import { clerkUser } from "../../test/support/fake-clerk-user.ts";

// The ceiling of the backfill: the same people laid over the same tables, page by page, with nobody to ask for them.
const PAGE = 500;
const users = Number(process.env.USERS);
const log = createLogger("bench", "warn");
const store = openStore({ databaseUrl: process.env.DATABASE_URL ?? "", keyring: readKeyring(process.env.SECRETS_KEY ?? "") });
const recorder = createRecorder({ store, log, patience: createPatience(log) });
const pages = Array.from({ length: Math.ceil(users / PAGE) }, (_, page) =>
  Array.from({ length: Math.min(PAGE, users - page * PAGE) }, (_user, i) => readClerkUser(clerkUser(page * PAGE + i)) ?? []).flat(),
);
const began = performance.now();
for (const people of pages) await recorder.projectPeople(process.env.TENANT ?? "", people, async () => undefined);
process.stdout.write(`${users / ((performance.now() - began) / 1_000)}\n`);
await store.close();
