import { Router } from "express";
import type { Pages } from "../page.ts";

/** The set-up guide. */
export function docsPages(_pages: Pages): Router {
  return Router();
}
