import { Router } from "express";
import type { Pages } from "../page.ts";

/** A tenant's contacts. */
export function contactPages(_pages: Pages): Router {
  return Router();
}
