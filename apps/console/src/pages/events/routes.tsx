import { Router } from "express";
import type { Pages } from "../page.ts";

/** A tenant's events. */
export function eventPages(_pages: Pages): Router {
  return Router();
}
