import { connectors, type Provider } from "@mara/connectors";
import type { Integration } from "@mara/store";

const SINCE = "in the last 24 hours";

/** How to mend a rejection, by the reason that ingest gave for it. */
const MENDING: Readonly<Record<string, string>> = {
  missing: "they carried no signature. Whoever sends them is not the provider, or something on the way drops headers",
  mismatch: "the signature does not match. Paste the signing secret again",
  stale: "they were signed more than five minutes before they arrived. Check the clock of this machine",
  malformed_payload: "the body is not a JSON event",
  payload_too_large: "the body is larger than MAX_BODY_BYTES allows",
};

/** A provider that stops sending after so many failures in a row says so nowhere else. */
const GIVES_UP: Readonly<Partial<Record<Provider, string>>> = {
  polar: "Polar switches an endpoint off after 10 failures in a row",
};

/** The last problem of a connector as a person would say it, with what to do; null where there was none. */
export function problemInWords({ provider, health }: Pick<Integration, "provider" | "health">): string | null {
  const { lastProblem, last24h } = health;
  if (lastProblem === null) return null;
  const mending = Object.hasOwn(MENDING, lastProblem) ? MENDING[lastProblem] : undefined;
  if (mending === undefined) return `${connectors[provider].label} event failed: ${lastProblem}. Once that is mended, replay it.`;
  const many = last24h.rejected === 1 ? "1 delivery was rejected" : `${last24h.rejected.toLocaleString("en")} deliveries were rejected`;
  const warning = GIVES_UP[provider] === undefined ? "" : `; ${GIVES_UP[provider]}`;
  return `${last24h.rejected === 0 ? "Deliveries were rejected" : `${many} ${SINCE}`}: ${mending}${warning}.`;
}
