import { PROVIDERS } from "@mara/connectors";
import type { Request } from "express";
import { z } from "zod";
import { readBy, uuid } from "../../input.ts";
import { PageProblem } from "../page.ts";

/** How many rows a list shows at once. */
export const PAGE_SIZE = 50;

/** How many events: each brings all that is told of it. */
export const EVENTS_PAGE_SIZE = 30;

/** What most lists take. An unknown value is nothing that anybody comes to by following links. */
export const provider = z.enum(PROVIDERS).optional();
export const cursor = z.string().optional();

/** What somebody typed to search for: without the white space that comes along when it is pasted, and no longer than it helps. */
export const sought = z
  .string()
  .transform((text) => text.trim().slice(0, 320))
  .optional();

/** Reads a page's query. An empty parameter counts as not given, an unknown one is let be. Throws `InvalidRequest` where one does not fit. */
export function queryOf<Shape extends z.ZodRawShape>(query: Request["query"] | URLSearchParams, shape: Shape): z.output<z.ZodObject<Shape>> {
  const entries = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  return readBy(z.object(shape).safeParse(Object.fromEntries(entries.filter(([, value]) => value !== ""))));
}

/** The path's `:id`, a UUID. Throws `PageProblem` (not found) where it can't be one. */
export function idIn(request: Request, name = "id"): string {
  const id = uuid.safeParse(request.params[name]);
  if (!id.success) throw new PageProblem("not-found");
  return id.data;
}

type Given = Readonly<Record<string, string | undefined>>;

/** A query of which what is absent or empty is left out. */
export function paramsOf(query: Given): URLSearchParams {
  return new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** A path with a query. */
export function linkTo(path: string, query: Given): string {
  const params = paramsOf(query).toString();
  return params === "" ? path : `${path}?${params}`;
}
