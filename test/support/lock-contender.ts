import { lockDataDir } from "../../launch/start/lock.ts";

/** Started with "launch/start.ts" as an argument: tries to lock each folder it is told, gives back what it has on "give back". */
let unlock: (() => Promise<void>) | null = null;

process.on("message", (message) => void answer(String(message)).then((said) => process.send?.(said)));
process.send?.("ready");

async function answer(message: string): Promise<string> {
  if (message !== "give back") {
    unlock = await lockDataDir(message).catch(() => null);
    return unlock ? "has it" : "refused";
  }
  await unlock?.();
  unlock = null;
  return "has none";
}
