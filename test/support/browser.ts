import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { z } from "zod";
import { findChromium } from "../../launch/chromium.ts";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The rules of WCAG 2.2 AA, and of the versions before it. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export interface VisitorSettings {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly script?: boolean;
}

/** Somebody with a browser of their own: nothing is shared with other visitors. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What no page may do, as it happened: a request to a stranger, a script that failed, a policy that was offended. */
  readonly offences: readonly string[];
  /** Goes to a path of the console. Answers the HTTP status. */
  go(path: string): Promise<number>;
  /** Signs in on the sign-in page that is shown, or shows it first. */
  signIn(token: string): Promise<void>;
  leave(): Promise<void>;
}

export interface TestBrowser {
  visitor(settings?: VisitorSettings): Promise<Visitor>;
  close(): Promise<void>;
}

/** A real Chromium, for the console at `url`. */
export async function openBrowser(url: string): Promise<TestBrowser> {
  const program = findChromium();
  if (program === null) throw new Error("Chromium is missing: install it for the browser tests.");
  const browser = await chromium.launch({ executablePath: program, args: FLAGS });
  return {
    visitor: (settings = {}) => arrive(browser, url, settings),
    close: () => browser.close(),
  };
}

async function arrive(browser: Browser, url: string, { theme = "light", width = 1280, script = true }: VisitorSettings): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: theme,
    viewport: { width, height: 900 },
    javaScriptEnabled: script,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const offences: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) offences.push(`a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => offences.push(`a script failed: ${error.message}`));
  page.on("console", (message) => {
    // That a page which is an error has its status is no offence.
    if (message.type() === "error" && !/the server responded with a status of/.test(message.text())) offences.push(message.text());
  });
  const go = async (path: string): Promise<number> => {
    const answer = await page.goto(path);
    return answer?.status() ?? 0;
  };
  return {
    page,
    context,
    offences,
    go,
    signIn: async (token) => {
      if (!page.url().includes("/sign-in")) await go("/sign-in");
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL((there) => there.pathname !== "/sign-in");
    },
    leave: () => context.close(),
  };
}

/** Counts from now on how often a form of the page that is shown is sent. What is counted outlives the page. */
export async function countSubmits(page: Page): Promise<void> {
  await page.evaluate(() => {
    sessionStorage.setItem("submits", "0");
    document.addEventListener("submit", () => sessionStorage.setItem("submits", String(Number(sessionStorage.getItem("submits")) + 1)));
  });
}

/** How often one was sent. */
export function submits(page: Page): Promise<number> {
  return page.evaluate(() => Number(sessionStorage.getItem("submits")));
}

/** Hides the page as a browser hides a tab behind another, or shows it again. Without a screen every page counts as shown. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: isHidden });
    Object.defineProperty(document, "visibilityState", { configurable: true, value: isHidden ? "hidden" : "visible" });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const findings = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().optional() })) }));

/** What axe finds wrong with the page that is shown, each with where. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: unknown = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then((result) => result.violations)`);
  return findings
    .parse(found)
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`));
}
