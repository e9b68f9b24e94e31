import { jest } from "@jest/globals";
import pg from "pg";
import { z } from "zod";
import type { Store } from "../src/index.ts";

interface Query {
  readonly text: string;
  readonly values: unknown[];
}

/** Runs `work` and answers the statements that it sent to Postgres, each as it was first sent. */
export async function queriesOf(work: () => Promise<unknown>): Promise<Query[]> {
  const queries: Query[] = [];
  const spy = jest.spyOn(pg.Client.prototype, "query");
  try {
    await work();
    for (const call of spy.mock.calls) {
      const [first, second] = z.array(z.unknown()).parse(call);
      const given = sent.safeParse(typeof first === "string" ? { text: first, values: second } : first);
      if (given.success) queries.push({ text: given.data.text, values: given.data.values ?? [] });
    }
  } finally {
    spy.mockRestore();
  }
  return [...new Map(queries.toReversed().map((query) => [query.text, query])).values()];
}

const sent = z.object({ text: z.string(), values: z.array(z.unknown()).nullish().catch(null) });

interface Node {
  "Node Type": string;
  "Relation Name"?: string | undefined;
  "Shared Hit Blocks"?: number | undefined;
  "Shared Read Blocks"?: number | undefined;
  Plans?: Node[] | undefined;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    "Node Type": z.string(),
    "Relation Name": z.string().optional(),
    "Shared Hit Blocks": z.number().optional(),
    "Shared Read Blocks": z.number().optional(),
    Plans: z.array(node).optional(),
  }),
);
const explained = z.tuple([z.object({ "QUERY PLAN": z.tuple([z.object({ Plan: node })]) })]);

export interface Cost {
  /** The tables that are read from one end to the other. */
  readonly readWhole: string[];
  /** Pages of 8 KB that were touched. Only where the query was run. */
  readonly pages: number;
}

/** How Postgres goes about a query. Without `run` it is only planned: for what writes. */
export async function costOf(store: Store, query: Query, { run }: { readonly run: boolean }): Promise<Cost> {
  const { rows } = await store.pool.query<Record<string, unknown>>({
    text: `EXPLAIN (FORMAT JSON${run ? ", ANALYZE, BUFFERS" : ""}) ${query.text}`,
    values: query.values,
  });
  const [{ "QUERY PLAN": [{ Plan: plan }] }] = explained.parse(rows);
  return {
    readWhole: nodesOf(plan).flatMap((n) => (n["Node Type"] === "Seq Scan" && n["Relation Name"] ? [n["Relation Name"]] : [])),
    // A node counts those below it, but for what it has no need of until it is done itself: parts of a statement that write.
    pages: Math.max(...nodesOf(plan).map((n) => (n["Shared Hit Blocks"] ?? 0) + (n["Shared Read Blocks"] ?? 0))),
  };
}

function nodesOf(plan: Node): Node[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
