import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "./prepare/child.mjs";

/** Generates the Prisma client into packages/store/src/generated where the schema or Prisma has changed since the last time. */
export async function generateClient(root) {
  const stamp = join(root, "packages/store/src/generated/.made-from");
  const origin = originOf(root);
  if (read(stamp) === origin) return;
  const status = await run(process.execPath, [join(root, "node_modules/prisma/build/index.js"), "generate"], {
    quiet: true,
    cwd: root,
    // `generate` does not need the schema engine that Prisma would download: any executable satisfies its check.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: "1" },
  });
  if (status !== 0) {
    process.stderr.write("The Prisma client could not be generated: see above.\n");
    process.exit(1);
  }
  writeFileSync(stamp, origin);
}

function originOf(root) {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/prisma/package.json"), "utf8"));
  return createHash("sha256").update(version).update(readFileSync(join(root, "prisma/schema.prisma"))).digest("hex");
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await generateClient(dirname(dirname(fileURLToPath(import.meta.url))));
}
