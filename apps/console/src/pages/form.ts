import express, { type RequestHandler } from "express";
import { PageProblem } from "./page.ts";

/** The largest form holds a secret and a key. */
const FORM_BYTES = 16_384;
const FORM_FIELDS = 50;

const parseForm = express.urlencoded({ extended: false, limit: FORM_BYTES, parameterLimit: FORM_FIELDS, inflate: false });

/** Reads forms, and nothing else. Throws `PageProblem` where one is far larger than any form here, or can't be read. */
export const readForms: RequestHandler = (request, response, next) => {
  if (request.method !== "POST") return next();
  parseForm(request, response, (error: unknown) => next(error === undefined ? undefined : new PageProblem("bad-form", { cause: error })));
};
