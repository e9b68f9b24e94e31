import { connectors, type Provider, type SignatureProblem } from "@mara/connectors";
import type { Integration } from "@mara/store";

interface Rejection {
  /** In as few words as a list has room for. */
  readonly brief: string;
  /** What it means, and how to mend it. */
  readonly full: string;
}

/** Every rejection, by the reason that ingest gave for it. */
const REJECTIONS = {
  missing: {
    brief: "no signature",
    full: "no signature came along. The sender is not the provider, or a proxy on the way drops headers",
  },
  mismatch: {
    brief: "the signature does not match",
    full: "the signature does not match. Paste the signing secret again",
  },
  stale: {
    brief: "the signature is too old",
    full: "the signature was more than five minutes old. Check the clock of the machine that ingest runs on",
  },
  no_signing_secret: {
    brief: "no signing secret is set",
    full: "there is no signing secret to check the signature with. Paste the one that the provider shows",
  },
  malformed_payload: {
    brief: "not a JSON event",
    full: "the body is not a JSON event with an id and a type. Check which payload format the endpoint is set to",
  },
  payload_too_large: {
    brief: "the body is too large",
    full: "the body is larger than allowed. Raise MAX_BODY_BYTES if such events are wanted",
  },
} as const satisfies Readonly<Record<SignatureProblem, Rejection>> & Readonly<Record<string, Rejection>>;

type RejectionReason = keyof typeof REJECTIONS;

/** Providers that stop sending after failures in a row, which shows nowhere but with them. */
const GIVES_UP: Readonly<Partial<Record<Provider, string>>> = {
  polar: "Polar switches an endpoint off after 10 failures in a row",
};

/** Fewer deliveries without a signature than this are most often a stranger's, who found the URL. */
const SEVERAL = 5;

/** Whether the last problem may well be none of the tenant's: anybody can send a few deliveries without a signature. */
export function isLikelyStrangers({ lastProblem, last24h }: Pick<Integration["health"], "lastProblem" | "last24h">): boolean {
  return lastProblem === "missing" && last24h.rejected < SEVERAL;
}

/** Whether this is a reason for which ingest turns a delivery away, and not one for which the worker gave one up. */
export function isRejection(reason: string): reason is RejectionReason {
  return Object.hasOwn(REJECTIONS, reason);
}

/** Whether pasting the provider's signing secret mends it. */
export function isMendedByPasting(reason: string | null): boolean {
  return reason === "mismatch" || reason === "no_signing_secret";
}

/** What a rejection means and how to mend it, as sentences; null for what is no reason of a rejection. */
export function rejectionInWords(reason: string): string | null {
  if (!isRejection(reason)) return null;
  const { full } = REJECTIONS[reason];
  return `${full.charAt(0).toUpperCase()}${full.slice(1)}.`;
}

/** A rejection in as few words as a list has room for; null for what is no reason of a rejection. */
export function rejectionInBrief(reason: string): string | null {
  return isRejection(reason) ? REJECTIONS[reason].brief : null;
}

/** The last problem of a connector as a person would say it, with what to do about it; null where there was none. */
export function problemInWords({ provider, health }: Pick<Integration, "provider" | "health">): string | null {
  const { lastProblem, last24h } = health;
  if (lastProblem === null) return null;
  if (!isRejection(lastProblem)) {
    return `A ${connectors[provider].label} event could not be processed: ${lastProblem}. Replay its delivery once that is mended.`;
  }
  const counted = `${countOf(last24h.rejected)}${REJECTIONS[lastProblem].full}`;
  if (isLikelyStrangers(health)) return `${counted}. So few can be a stranger's, and nothing to mend: whatever is not signed changes nothing here.`;
  const warning = GIVES_UP[provider];
  return `${counted}${warning === undefined || last24h.rejected === 0 ? "" : `; ${warning}`}.`;
}

/** Of several deliveries only the last one's cause is known. */
function countOf(rejected: number): string {
  if (rejected === 0) return "Deliveries were rejected, none of them in the last 24 hours. The last one: ";
  if (rejected === 1) return "1 delivery was rejected in the last 24 hours: ";
  return `${rejected.toLocaleString("en")} deliveries were rejected in the last 24 hours. The last one: `;
}
