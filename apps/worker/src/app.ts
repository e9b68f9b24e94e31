import { jsonErrors, notFound, probes, type Logger, type ProbeOptions } from "@mara/runtime";
import express, { type Express } from "express";

/** The worker's only HTTP: its probes and metrics. */
export function createApp({ log, ...options }: ProbeOptions & { readonly log: Logger }): Express {
  return express().disable("x-powered-by").use(probes(options)).use(notFound()).use(jsonErrors(log));
}
