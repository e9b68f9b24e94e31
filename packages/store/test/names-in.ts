import { z } from "zod";
import type { NamesIn } from "../src/index.ts";

const body = z.object({ customer: z.string().optional(), user: z.string().optional(), broken: z.boolean().optional(), email: z.string().optional() });

/** Reads whom a body names, as the tests of this package write them. */
export const namesIn: NamesIn = (delivery) => {
  const { customer, user, email, broken = false } = body.parse(JSON.parse(delivery.body));
  return {
    isRead: !broken,
    ids: [...(user ? [`app:${user}`] : []), ...(customer ? [`${delivery.provider}:${customer}`] : [])],
    addresses: email ? [`email:${email.toLowerCase()}`] : [],
  };
};
