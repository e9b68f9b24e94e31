import type { Provider } from "@mara/connectors";

export type Person = "ada" | "grace" | "katherine";

/** One delivery of the story. */
export interface Scene {
  /** When it happened, in days from the story's beginning. Scenes stand in the order in which they arrive. */
  readonly day: number;
  readonly who: Person;
  readonly provider: Provider;
  /** A sample of the provider. */
  readonly sample: string;
  /** What happens, for the reader. */
  readonly told: string;
  /** The same delivery a second time, as providers do when an answer was lost. */
  readonly again?: true;
}

export const NAMES: Readonly<Record<Person, string>> = {
  ada: "Ada Lovelace",
  grace: "Grace Hopper",
  katherine: "Katherine Johnson",
};

/** Two months in the life of three customers. */
export const SCENES: readonly Scene[] = [
  { day: 0, who: "ada", provider: "clerk", sample: "user.created", told: "Ada signs up" },
  { day: 0, who: "ada", provider: "stripe", sample: "customer.subscription.created:trial", told: "and begins a trial; Stripe does not say whose it is" },
  { day: 0, who: "ada", provider: "stripe", sample: "checkout.session.completed:subscription", told: "her checkout says it: the two become one contact" },
  { day: 0, who: "ada", provider: "stripe", sample: "checkout.session.completed:subscription", told: "Stripe missed the answer and sends it again", again: true },
  { day: 2, who: "katherine", provider: "stripe", sample: "checkout.session.completed:guest", told: "Katherine buys as a guest, with nothing but her e-mail" },
  { day: 3, who: "grace", provider: "polar", sample: "customer.created", told: "Grace comes by way of Polar" },
  { day: 3, who: "grace", provider: "polar", sample: "subscription.created", told: "with a trial" },
  { day: 4, who: "grace", provider: "clerk", sample: "user.created", told: "and signs up the day after, with the same e-mail" },
  { day: 9, who: "katherine", provider: "clerk", sample: "user.created", told: "Katherine signs up: the guest has a name" },
  { day: 14, who: "ada", provider: "stripe", sample: "customer.subscription.updated:trial-converted", told: "Ada's trial becomes a subscription" },
  { day: 14, who: "ada", provider: "stripe", sample: "invoice.payment_succeeded:first-attempt", told: "her first payment goes through: nothing to tell" },
  { day: 17, who: "grace", provider: "polar", sample: "subscription.cycled", told: "Grace's trial becomes a subscription" },
  { day: 17, who: "grace", provider: "polar", sample: "subscription.cycled", told: "Polar sends it again", again: true },
  { day: 21, who: "katherine", provider: "clerk", sample: "user.updated", told: "Katherine changes her profile" },
  { day: 24, who: "katherine", provider: "polar", sample: "order.paid", told: "and buys from Polar as well" },
  { day: 26, who: "katherine", provider: "polar", sample: "order.refunded", told: "which she returns" },
  { day: 31, who: "grace", provider: "polar", sample: "subscription.past_due", told: "Grace's renewal fails" },
  { day: 33, who: "grace", provider: "polar", sample: "subscription.active", told: "and goes through two days later" },
  { day: 36, who: "grace", provider: "polar", sample: "subscription.updated", told: "Grace takes the bigger plan" },
  { day: 36.01, who: "grace", provider: "polar", sample: "subscription.updated", told: "which Polar tells twice" },
  { day: 39, who: "grace", provider: "polar", sample: "subscription.canceled:business", told: "Grace cancels" },
  { day: 40, who: "grace", provider: "polar", sample: "subscription.uncanceled:business", told: "and thinks better of it" },
  { day: 42, who: "grace", provider: "polar", sample: "subscription.canceled:business", told: "and cancels after all" },
  { day: 48, who: "ada", provider: "stripe", sample: "invoice.payment_succeeded:by-hand", told: "Ada pays by hand, and that comes first" },
  { day: 44, who: "ada", provider: "stripe", sample: "invoice.payment_failed", told: "then that her renewal had failed: now it is recovered" },
  { day: 47, who: "ada", provider: "stripe", sample: "invoice.payment_failed:second-attempt", told: "and had failed again: a repeat" },
  { day: 47, who: "ada", provider: "stripe", sample: "invoice.payment_failed:second-attempt", told: "Stripe sends that once more", again: true },
  { day: 51, who: "ada", provider: "stripe", sample: "customer.subscription.updated", told: "Ada takes the bigger plan" },
  { day: 53, who: "ada", provider: "stripe", sample: "checkout.session.completed", told: "and buys a licence for life beside it" },
  { day: 54, who: "ada", provider: "stripe", sample: "charge.refunded", told: "of which she gets some of her money back" },
  { day: 55, who: "ada", provider: "stripe", sample: "charge.refunded:rest", told: "and then the rest" },
  { day: 58, who: "ada", provider: "stripe", sample: "customer.subscription.deleted:business", told: "and leaves" },
  { day: 58, who: "ada", provider: "stripe", sample: "customer.subscription.deleted:business", told: "Stripe sends it again", again: true },
  { day: 60, who: "ada", provider: "clerk", sample: "user.deleted", told: "with her account" },
  { day: 59, who: "ada", provider: "clerk", sample: "user.updated", told: "an older change of it comes late, and brings nobody back" },
  { day: 62, who: "grace", provider: "polar", sample: "subscription.revoked:business", told: "Grace's time is up: a repeat of her cancellation" },
];
