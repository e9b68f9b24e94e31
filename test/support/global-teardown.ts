import { rm } from "node:fs/promises";
import "./global-setup.ts";

export default async function tearDown(): Promise<void> {
  const running = globalThis.testPostgres;
  if (!running) return;
  globalThis.testPostgres = undefined;
  await running.server.stop();
  await rm(running.dir, { recursive: true, force: true });
}
