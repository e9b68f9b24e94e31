import { isIPv4, isIPv6 } from "node:net";
import type { RedisConnection } from "@mara/queue";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from "rate-limiter-flexible";

/** How many wrong tokens there may be in so many seconds. Programs ask more often than people type, and for other reasons. */
const LIMITS = {
  "sign-in": { points: 10, duration: 15 * 60, keyPrefix: "console-sign-in" },
  bearer: { points: 1_000, duration: 60, keyPrefix: "console-bearer" },
} as const;

/** Counts wrong tokens, on all consoles together; each counts for itself while Redis is away. */
export function createAttempts(redis: RedisConnection, at: keyof typeof LIMITS): RateLimiterAbstract {
  const limit = LIMITS[at];
  return new RateLimiterRedis({
    ...limit,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    inMemoryBlockOnConsumed: limit.points + 1,
    insuranceLimiter: new RateLimiterMemory(limit),
  });
}

/** Counts an attempt of a network. Answers in how many seconds it may try again, and null where it may go on now. */
export async function countAttempt(attempts: RateLimiterAbstract, network: string): Promise<number | null> {
  try {
    await attempts.consume(network);
    return null;
  } catch (rejected) {
    // The limiter rejects with what it counted where there are too many, and with an error where it can't count.
    if (!(rejected instanceof RateLimiterRes)) throw rejected;
    return Math.max(1, Math.ceil(rejected.msBeforeNext / 1_000));
  }
}

/**
 * Who is counted as one: an IPv4 address, or a whole IPv6 network, because a single customer has 2^64 addresses of it. Some
 * proxies tell the port as well, another for each connection. All of whom no address is told count as one.
 */
export function networkOf(told: string | undefined): string {
  const address = withoutPort(told ?? "");
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(v4)) return v4;
  if (!isIPv6(address)) return "unknown";
  const [head = "", tail] = address.toLowerCase().split("%", 1).join("").split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => "0");
  return `${[...groups, ...zeros, ...behind].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** `192.0.2.7:50123` and `[2001:db8::6]:50123`, as Azure's gateways and IIS write them. */
function withoutPort(told: string): string {
  return /^([\d.]+):\d+$/.exec(told)?.[1] ?? /^\[(.+)\](?::\d+)?$/.exec(told)?.[1] ?? told;
}
