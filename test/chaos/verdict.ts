import type { Launched, SystemUnderTest } from "./system.ts";

/**
 * Puts a launched system to the proof, stops it, and ends the process: with 0 where it held and stopped in good order; its data
 * stay where it did not. A signal stops everything and leaves nothing behind.
 * @param stopOthers stops what was started beside the system. May be called twice.
 */
export async function verdictOn(
  launched: Launched,
  stopOthers: () => Promise<unknown>,
  holds: (system: SystemUnderTest) => Promise<boolean>,
): Promise<never> {
  const breaking: Promise<void>[] = [];
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void breaking.push(breakOff()));
  let isSound = false;
  try {
    isSound = await holds(await launched.up());
  } finally {
    await Promise.all(breaking);
    const code = await launched.stop();
    await stopOthers();
    say(code === 0 ? "The system stopped in good order." : `The system stopped with ${code}.`);
    isSound &&= code === 0;
    if (isSound) await launched.remove();
    else say(`What it wrote is in ${launched.logFile}`);
  }
  process.exit(isSound ? 0 : 1);

  async function breakOff(): Promise<void> {
    await launched.stop();
    await stopOthers();
    await launched.remove();
    process.exit(130);
  }
}

/** For people who watch. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
