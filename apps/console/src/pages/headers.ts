import helmet from "helmet";

const NOTHING_ELSE = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] } as const;

/** What a page may do: load what this console serves, and send forms to it. No script and no style stands in a page itself. */
export const pageHeaders = headers({
  ...NOTHING_ELSE,
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
});

/** The dashboard of the queues is made elsewhere: it sets styles from its script, and names its own base. */
export const dashboardHeaders = headers({
  ...NOTHING_ELSE,
  baseUri: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
});

function headers(directives: Readonly<Record<string, readonly string[]>>) {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    // With no referrer at all, browsers hide the origin of forms too, and a form that went stale could not be found again.
    referrerPolicy: { policy: "same-origin" },
  });
}
