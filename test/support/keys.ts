export const ADMIN_TOKEN = "the-operators-own-token";
export const SECRETS_KEY = Buffer.alloc(32, 7).toString("base64");
