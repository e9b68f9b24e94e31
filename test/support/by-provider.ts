import { PROVIDERS, type Provider } from "@mara/connectors";

/** One of something for each provider of the registry, made in its order. */
export function byProvider<T>(make: (provider: Provider) => T): Readonly<Record<Provider, T>> {
  return Object.fromEntries(PROVIDERS.map((provider) => [provider, make(provider)])) as Record<Provider, T>;
}
