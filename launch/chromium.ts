import { findProgram } from "./system-packages.ts";

/** The browser of the tests: the one that `CHROMIUM` names, or the first on the path; null where there is none. */
export function findChromium(): string | null {
  return process.env.CHROMIUM ?? findProgram("chromium", "chromium-browser", "google-chrome");
}
