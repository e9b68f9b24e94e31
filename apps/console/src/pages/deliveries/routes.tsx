import { Router } from "express";
import type { Pages } from "../page.ts";

/** What reached a tenant's URLs. */
export function deliveryPages(_pages: Pages): Router {
  return Router();
}
