import { describe, expect, it } from "@jest/globals";
import { looksSecret } from "./secret-names.ts";

describe("looksSecret", () => {
  it.each([
    "secret", "client_secret", "clientSecret", "CLIENT-SECRET", "token", "access_token", "authToken", "refreshtoken",
    "password", "user_password", "passwd", "passphrase", "pwd", "api_key", "apiKey", "APIKey", "API-Key", "apikey", "x.api.key",
    "private_key", "privateKey", "accessKeyId", "aws_access_key_id", "accesskeyid", "signing key", "credentials",
    "authorization", "bearer", "session_cookie", "jwt", "otp", "pin", "cvv", "ssn", "stripe_secret_key",
  ])("sees one in %s", (key) => {
    expect(looksSecret(key)).toBe(true);
  });

  it.each([
    "stripe_key", "STRIPE_KEY", "openai_key", "openaiKey", "ssh_key", "sshkey", "webhook_key", "license_key", "licenceKey",
    "encryption_keys", "product_key", "account.key", "api_key_2", "apiKey2", "storage-key-name", "public_api_key",
  ])("sees the key to something in %s", (key) => {
    expect(looksSecret(key)).toBe(true);
  });

  it.each([
    "passkey", "pass_key", "pass word", "totp", "mfa", "mfaCode", "2fa_code", "2FACode", "hmac", "hmac_sha256", "recovery_code",
    "recoveryCodes", "seed_phrase", "seedphrase", "mnemonic", "walletMnemonic", "connection_string", "connectionString",
    "database_url", "DATABASE_URL", "redisUri", "dsn", "sentry_dsn", "session_id", "sessionId", "sessionid", "PHPSESSID",
    "credit_card", "creditCard", "credit_card_number", "card_number", "cardnumber", "iban", "IBAN", "cvv2", "pin_code", "pincode",
    "oauth", "oauth2", "oauth_code",
  ])("sees what opens an account in %s", (key) => {
    expect(looksSecret(key)).toBe(true);
  });

  it.each([
    "plan", "workspace_id", "secretary", "author", "keyword", "shipping", "pinned", "passenger", "compass", "bypass", "monkey",
    "turkey_trip", "session_count", "card_brand", "credit_limit", "seed_round", "recovery_email", "database", "callback_url",
  ])("sees none in %s", (key) => {
    expect(looksSecret(key)).toBe(false);
  });

  it.each([
    "key", "_key", "key_account", "keyId", "public_key", "sshPublicKey", "publishable_key", "primary_key", "foreignKey", "sort_key",
    "partition-key", "idempotency_key", "lookup_key", "plan_key", "planKey", "price_key", "feature_key", "feature_keys",
  ])("sees a key that is only a name in %s", (key) => {
    expect(looksSecret(key)).toBe(false);
  });

  it.each(["photo_kenya", "auto_kennel", "photoKenya", "to_kenya", "grass_word", "bear_error", "coo_kie_shop"])(
    "sees no word across two in %s",
    (key) => {
      expect(looksSecret(key)).toBe(false);
    },
  );
});
