import { Router } from "express";
import type { Pages } from "../page.ts";

/** Settings, Integrations. */
export function integrationPages(_pages: Pages): Router {
  return Router();
}
