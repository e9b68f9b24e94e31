import { Problem } from "../problem.ts";

export interface Asked {
  readonly status: number;
  readonly body: string;
}

/**
 * One request, answered in full; null where nobody listens.
 * Throws `Problem` where `who` takes longer than `limitMs`: one that hangs would keep its asker waiting for ever.
 */
export async function ask(who: string, url: string, limitMs: number, init: RequestInit = {}): Promise<Asked | null> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const answer = await fetch(url, { ...init, signal: limit });
    return { status: answer.status, body: await answer.text() };
  } catch {
    if (!limit.aborted) return null;
    throw new Problem(`${who} is there but has not answered for ${limitMs / 1_000} s. The terminal of npm start may tell why; if not, start it again.`);
  }
}
