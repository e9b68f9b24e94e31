import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateClient } from "../generate.mjs";
import { forwardSignals, run } from "./child.mjs";
import { installDependencies } from "./install.mjs";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Makes the checkout runnable and runs `entry` (a TypeScript file, from the root). Ends the process with its exit code. */
export async function prepareAndRun(entry, args) {
  forwardSignals(entry === "launch/start.ts" ? 0 : 130);
  await installDependencies(ROOT);
  await generateClient(ROOT);
  // The IPC channel tells the program when this process is gone.
  const status = await run(process.execPath, ["--conditions=mara-source", "--import", "tsx", join(ROOT, entry), ...args], {
    cwd: ROOT,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  process.exit(status);
}
