import { isProvider, type Provider } from "@mara/connectors";
import type { Request } from "express";
import type { z } from "zod";
import { readFields, uuid } from "../input.ts";
import { Refusal } from "../respond.ts";

/** The query part of an address, as Express reads it. A parameter that is given twice is an array. */
type Query = Readonly<Record<string, unknown>>;

/** What a call brings along, read where it is needed and refused where it is wrong. */
export class Call {
  readonly #params: Readonly<Record<string, string | string[] | undefined>>;
  readonly #query: Query;
  readonly #body: unknown;

  constructor(request: Request, body: unknown) {
    this.#params = request.params;
    this.#query = request.query;
    this.#body = body;
  }

  /** The path's `:tenant`: one that exists, and that the caller may see. */
  get tenantId(): string {
    const { tenant } = this.#params;
    if (typeof tenant !== "string") throw new Refusal("not_found");
    return tenant;
  }

  /** The path's `:provider`. Throws `Refusal` (not found) where there is none such. */
  get provider(): Provider {
    const { provider } = this.#params;
    if (typeof provider !== "string" || !isProvider(provider)) throw new Refusal("not_found");
    return provider;
  }

  /** The path's `:id`, a UUID. Throws `Refusal` (not found) where it can't be one. */
  get id(): string {
    const id = uuid.safeParse(this.#params.id);
    if (!id.success) throw new Refusal("not_found");
    return id.data;
  }

  /** The query parameters; one that is empty counts as not given. Throws `InvalidRequest` where one is unknown or malformed. */
  query<Shape extends z.ZodRawShape>(shape: Shape): z.output<z.ZodObject<Shape>> {
    return readFields(shape, Object.fromEntries(Object.entries(this.#query).filter(([, value]) => value !== "")));
  }

  /** The body; none at all is an empty one. Throws `InvalidRequest` where it does not fit. */
  body<Shape extends z.ZodRawShape>(shape: Shape): z.output<z.ZodObject<Shape>> {
    return readFields(shape, this.#body ?? {});
  }
}

/** `body` is left out of a 204. `erased` is the contact that is gone, for the log. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly erased?: string;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * One call of the API, by its path below `/api`. `operator`: for a tenant it is not there. `tenant`: its path begins with
 * `/tenants/:tenant`, and that tenant may make it as well.
 */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly who: "operator" | "tenant";
  readonly answer: (call: Call) => Promise<Answer>;
}
