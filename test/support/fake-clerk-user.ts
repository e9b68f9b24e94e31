/** A user as Clerk's Backend API lists it. Only what tests change is named; the rest of the shape comes along. */
export interface ClerkUser {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly created_at: number;
  /** Epoch milliseconds. */
  readonly updated_at: number;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly username: string | null;
  readonly image_url: string;
  readonly external_id: string | null;
  readonly public_metadata: Record<string, unknown>;
  readonly private_metadata: Record<string, unknown>;
  readonly unsafe_metadata: Record<string, unknown>;
  readonly email_addresses: readonly ClerkEmail[];
  readonly primary_email_address_id: string | null;
  readonly [key: string]: unknown;
}

export interface ClerkEmail {
  readonly id: string;
  readonly email_address: string;
  readonly verification: { readonly status: string; readonly strategy: string; readonly [key: string]: unknown } | null;
  readonly [key: string]: unknown;
}

/** When the first user signed up; each next one came a minute later. */
export const FIRST_SIGN_UP = Date.UTC(2024, 0, 1);

/** Stands in every user's private and unsafe metadata: it must be found nowhere but in Clerk. */
export const NEVER_KEEP = "never-to-be-kept";

/** The id of the nth user, from 0. Ids sort as their users signed up. */
export function clerkUserId(index: number): string {
  return `user_${String(index).padStart(8, "0")}`;
}

export function clerkEmail(address: string, id: string, verified = true): ClerkEmail {
  return {
    id,
    object: "email_address",
    email_address: address,
    reserved: false,
    verification: {
      object: "verification_otp",
      status: verified ? "verified" : "unverified",
      strategy: "email_code",
      attempts: 1,
      expire_at: FIRST_SIGN_UP + 600_000,
    },
    linked_to: [],
    matches_sso_connection: false,
    created_at: FIRST_SIGN_UP,
    updated_at: FIRST_SIGN_UP,
  };
}

/** The nth user: the same each time it is asked for, so that a hundred thousand need no memory. */
export function clerkUser(index: number): ClerkUser {
  const at = FIRST_SIGN_UP + index * 60_000;
  const emailId = `idn_${index}`;
  return {
    id: clerkUserId(index),
    object: "user",
    username: index % 3 === 0 ? `person${index}` : null,
    first_name: `First${index}`,
    last_name: index % 5 === 0 ? null : `Last${index}`,
    locale: null,
    image_url: `https://img.clerk.test/${index}.png`,
    has_image: index % 2 === 0,
    primary_email_address_id: emailId,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    password_enabled: true,
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    email_addresses: [clerkEmail(`person${index}@clerk.test`, emailId)],
    phone_numbers: [],
    web3_wallets: [],
    passkeys: [],
    external_accounts: [],
    saml_accounts: [],
    enterprise_accounts: [],
    password_last_updated_at: at,
    public_metadata: { plan: index % 2 === 0 ? "pro" : "free", seat: index },
    private_metadata: { note: NEVER_KEEP },
    unsafe_metadata: { note: NEVER_KEEP },
    external_id: index % 4 === 0 ? `app-${index}` : null,
    last_sign_in_at: null,
    banned: false,
    locked: false,
    lockout_expires_in_seconds: null,
    verification_attempts_remaining: 100,
    created_at: at,
    updated_at: at,
    delete_self_enabled: true,
    create_organization_enabled: true,
    last_active_at: null,
    mfa_enabled_at: null,
    mfa_disabled_at: null,
    legal_accepted_at: null,
  };
}

/** Of a user only what an import reads. Clerk may leave out whatever else it lists today. */
export function minimalClerkUser(user: ClerkUser): object {
  const { id, first_name, last_name, username, image_url, public_metadata, updated_at, email_addresses, primary_email_address_id } = user;
  const emails = email_addresses.map((email) => ({ id: email.id, email_address: email.email_address, verification: { status: email.verification?.status } }));
  return { id, first_name, last_name, username, image_url, public_metadata, updated_at, email_addresses: emails, primary_email_address_id };
}
