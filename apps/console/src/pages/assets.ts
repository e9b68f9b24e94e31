import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import express, { type Router } from "express";

/** Beside `src` and `dist` alike. */
const PUBLIC_DIR = join(import.meta.dirname, "../../public");

const NAMES = ["app.css", "enhance.js", "live.js", "favicon.svg"] as const;

export type AssetName = (typeof NAMES)[number];

interface Asset {
  readonly path: string;
  readonly body: Buffer;
}

/** Read once: the files are a few kilobytes and belong to the build. */
const assets = new Map<AssetName, Asset>();

function read(name: AssetName): Asset {
  const known = assets.get(name);
  if (known) return known;
  const body = readFileSync(join(PUBLIC_DIR, name));
  const hash = createHash("sha256").update(body).digest("base64url").slice(0, 12);
  const asset = { path: `/assets/${hash}/${name}`, body };
  assets.set(name, asset);
  return asset;
}

/** The address of a static file: it names the content, so that it may be cached for ever. */
export function asset(name: AssetName): string {
  return read(name).path;
}

/** Serves the static files at the addresses that `asset` gives. */
export function assetRoutes(): Router {
  const router = express.Router();
  for (const name of NAMES) {
    const { path, body } = read(name);
    router.get(path, (_request, response) => {
      response.type(extname(name)).set("Cache-Control", "public, max-age=31536000, immutable").send(body);
    });
  }
  return router;
}
