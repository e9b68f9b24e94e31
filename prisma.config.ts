import { defineConfig } from "prisma/config";

// For Prisma's own command line, for example `npx prisma migrate status`. The product itself applies migrations with
// packages/store/src/migrate.ts, and generates the client with launch/generate.mjs.
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "" },
});
