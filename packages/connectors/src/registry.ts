import { clerk } from "./clerk/index.ts";
import type { Connector } from "./connector.ts";
import { polar } from "./polar/index.ts";
import { stripe } from "./stripe/index.ts";

/** The only list of providers. A new one is a folder and a line here; what else has to know of it, types and the README say. */
export const connectors = { stripe, polar, clerk } as const satisfies Record<string, Connector>;

export type Provider = keyof typeof connectors;

/** What each provider says that it is to a person. */
export type Roles = { readonly [P in Provider]: (typeof connectors)[P]["role"] };

export const PROVIDERS = Object.keys(connectors) as readonly Provider[];

/** Whether `name` is one of the providers (and not, say, `__proto__`). */
export function isProvider(name: string): name is Provider {
  return Object.hasOwn(connectors, name);
}
