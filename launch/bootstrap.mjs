// `node launch/bootstrap.mjs <entry.ts> [arguments]`: makes a fresh clone runnable, then runs a TypeScript program of it.
// Plain JavaScript without dependencies, in syntax that old versions of Node can read: it runs before anything is installed.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Mara Webhooks needs Node 20.19 or newer. This is Node ${process.versions.node}: see https://nodejs.org`);
  process.exit(1);
}

import("./prepare/run.mjs").then(({ prepareAndRun }) => prepareAndRun(process.argv[2], process.argv.slice(3)));
