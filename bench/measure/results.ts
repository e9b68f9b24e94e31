import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";

/** Keeps what a part found as `<name>.json`, with when and where. */
export async function keepResult(dir: string, name: string, figures: object): Promise<void> {
  await mkdir(dir, { recursive: true });
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown", node: process.version };
  await writeFile(join(dir, `${name}.json`), `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
}
