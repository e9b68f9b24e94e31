import type { JsonObject } from "../json.ts";
import type { Sample, SampleOptions } from "../connector.ts";
import { billingSubscriptionOf, organizationOf, sessionOf, userIdOf, userOf } from "./sample-objects.ts";

const MINUTE = 60_000;
const USER_AGENT =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

/** Realistic events: of each type that becomes something, and of some that Clerk sends beside them. */
export const samples = {
  "user.created": event("user.created", (options) => userOf(options, { createdAt: options.at })),
  "user.updated": event("user.updated", (options) => userOf(options, { createdAt: options.at - 60 * MINUTE })),
  "user.deleted": event("user.deleted", (options) => ({
    deleted: true,
    external_id: options.person?.appId ?? null,
    id: userIdOf(options),
    object: "user",
  })),
  "session.created": event("session.created", sessionOf),
  "organization.created": event("organization.created", organizationOf),
  "subscription.created": event("subscription.created", billingSubscriptionOf),
} as const satisfies Record<string, (options: SampleOptions) => Sample>;

/** Wraps what `data` makes in the envelope of Clerk's events. */
function event(type: string, data: (options: SampleOptions) => JsonObject): (options: SampleOptions) => Sample {
  return (options) => ({
    id: `msg_${type.replace(".", "_")}_${options.seed}`,
    type,
    body: JSON.stringify({
      data: data(options),
      event_attributes: {
        http_request: {
          client_ip: "203.0.113.7",
          user_agent: USER_AGENT,
        },
      },
      instance_id: "ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S",
      object: "event",
      timestamp: options.at,
      type,
    }),
  });
}
