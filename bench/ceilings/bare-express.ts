import express from "express";

// The ceiling of ingest: reads the raw body and answers 200. Nothing else can be faster with the same framework.
const app = express();
app.disable("x-powered-by").disable("etag");
app.post("/api/webhooks/:provider/:tenantId", express.raw({ type: () => true, limit: "1mb" }), (_request, response) => {
  response.json({ status: "queued" });
});
app.get("/", (_request, response) => void response.end());
app.listen(Number(process.env.PORT), "127.0.0.1");
