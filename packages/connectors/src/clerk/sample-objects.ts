import type { JsonObject } from "../json.ts";
import type { SampleOptions } from "../connector.ts";

const DAY = 86_400_000;
const AVATAR = "https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCIsImlpZCI6Imluc18xIn0";

export function userIdOf({ seed, person }: SampleOptions): string {
  return person?.externalId ?? `user_${seed}`;
}

/** A user in the shape of `user.created` and `user.updated`, last changed at `at`. */
export function userOf(options: SampleOptions, { createdAt }: { createdAt: number }): JsonObject {
  const { at, seed, person } = options;
  const emailId = `idn_email_${seed}`;
  const [first = null, ...rest] = (person?.name ?? "Ada Lovelace").split(" ");
  return {
    backup_code_enabled: false,
    banned: false,
    create_organization_enabled: true,
    created_at: createdAt,
    delete_self_enabled: true,
    email_addresses: [
      {
        created_at: createdAt,
        email_address: person?.email ?? `${seed}@example.com`,
        id: emailId,
        linked_to: [{ id: `idn_google_${seed}`, type: "oauth_google" }],
        matches_sso_connection: false,
        object: "email_address",
        reserved: false,
        updated_at: createdAt,
        verification: {
          attempts: 1,
          expire_at: createdAt + 600_000,
          object: "verification_otp",
          status: "verified",
          strategy: "email_code",
        },
      },
    ],
    enterprise_accounts: [],
    external_accounts: [googleAccount(options, createdAt)],
    external_id: person?.appId ?? null,
    first_name: first,
    has_image: true,
    id: userIdOf(options),
    image_url: AVATAR,
    last_active_at: at,
    last_name: rest.length > 0 ? rest.join(" ") : null,
    last_sign_in_at: createdAt,
    legal_accepted_at: createdAt,
    locale: "en-US",
    locked: false,
    lockout_expires_in_seconds: null,
    mfa_disabled_at: null,
    mfa_enabled_at: null,
    object: "user",
    passkeys: [],
    password_enabled: true,
    password_last_updated_at: createdAt,
    phone_numbers: [],
    primary_email_address_id: emailId,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    private_metadata: { internalNote: "asked for a discount" },
    profile_image_url: AVATAR,
    public_metadata: { company: "Analytical Engines", role: "founder", seats: 3 },
    saml_accounts: [],
    totp_enabled: false,
    two_factor_enabled: false,
    unsafe_metadata: { onboardingStep: 2 },
    updated_at: at,
    username: `${first ?? "somebody"}_${seed}`.toLowerCase().replaceAll(/[^a-z0-9_-]/g, ""),
    verification_attempts_remaining: 100,
    web3_wallets: [],
  };
}

/** A session that starts at `at`. Clerk sends its user along, metadata and all. */
export function sessionOf(options: SampleOptions): JsonObject {
  const { at, seed } = options;
  return {
    abandon_at: at + 30 * DAY,
    actor: null,
    client_id: `client_${seed}`,
    created_at: at,
    expire_at: at + 7 * DAY,
    id: `sess_${seed}`,
    last_active_at: at,
    object: "session",
    status: "active",
    updated_at: at,
    user: userOf(options, { createdAt: at }),
    user_id: userIdOf(options),
  };
}

export function organizationOf(options: SampleOptions): JsonObject {
  const { at, seed } = options;
  return {
    admin_delete_enabled: true,
    created_at: at,
    created_by: userIdOf(options),
    has_image: false,
    id: `org_${seed}`,
    image_url: AVATAR,
    max_allowed_memberships: 5,
    members_count: 1,
    missing_member_with_elevated_permissions: false,
    name: "Analytical Engines",
    object: "organization",
    pending_invitations_count: 0,
    private_metadata: { tier: "internal" },
    public_metadata: { industry: "computing" },
    slug: `analytical-engines-${seed}`.toLowerCase(),
    updated_at: at,
  };
}

/** A subscription of Clerk Billing: named like Stripe's and Polar's, and none of theirs. */
export function billingSubscriptionOf(options: SampleOptions): JsonObject {
  const { at, seed, person } = options;
  return {
    active_at: at,
    created_at: at,
    id: `csub_${seed}`,
    instance_id: "ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S",
    items: [
      {
        amount: { amount: 1900, amount_formatted: "19.00", currency: "USD", currency_symbol: "$" },
        id: `csub_item_${seed}`,
        interval: "month",
        object: "commerce_subscription_item",
        period_end: at + 30 * DAY,
        period_start: at,
        plan: { amount: 1900, currency: "USD", id: "cplan_pro", is_recurring: true, name: "Pro", slug: "pro" },
        status: "active",
      },
    ],
    object: "commerce_subscription",
    payer: {
      email: person?.email ?? `${seed}@example.com`,
      first_name: "Ada",
      id: `cpayer_${seed}`,
      last_name: "Lovelace",
      user_id: userIdOf(options),
    },
    payer_id: `cpayer_${seed}`,
    status: "active",
    updated_at: at,
  };
}

/** The account at Google that the user signed up with. */
function googleAccount({ seed, person }: SampleOptions, createdAt: number): JsonObject {
  return {
    approved_scopes: "email https://www.googleapis.com/auth/userinfo.email openid profile",
    avatar_url: AVATAR,
    created_at: createdAt,
    email_address: person?.email ?? `${seed}@example.com`,
    id: `eac_${seed}`,
    identification_id: `idn_google_${seed}`,
    label: null,
    object: "external_account",
    provider: "oauth_google",
    public_metadata: {},
    updated_at: createdAt,
    username: null,
    verification: { attempts: null, expire_at: createdAt + 600_000, status: "verified", strategy: "oauth_google" },
  };
}
