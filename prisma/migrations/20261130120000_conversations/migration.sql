-- AlterTable
ALTER TABLE "message" ADD COLUMN "chain_hash" TEXT;

-- AlterTable
ALTER TABLE "run" ADD COLUMN "lost_attempts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "lost_cost_micros_usd" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "turn_attempt" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "turn" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "purpose" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "outcome" TEXT NOT NULL DEFAULT 'open',
    "failure_code" TEXT,
    "request_id" TEXT,
    "input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL DEFAULT 0,
    "cache_read_tokens" INTEGER NOT NULL DEFAULT 0,
    "cache_write_tokens" INTEGER NOT NULL DEFAULT 0,
    "cost_micros_usd" BIGINT,
    "estimated" BOOLEAN NOT NULL DEFAULT true,
    "price_version" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "turn_attempt_pkey" PRIMARY KEY ("tenant_id","run_id","turn","attempt")
);

-- CreateTable
CREATE TABLE "epoch" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "turn" INTEGER NOT NULL,
    "covers_seq" INTEGER NOT NULL,
    "covers_turns" INTEGER NOT NULL,
    "trigger" TEXT NOT NULL,
    "summarized_by" TEXT,
    "committed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "epoch_pkey" PRIMARY KEY ("tenant_id","run_id","epoch")
);

-- CreateTable
CREATE TABLE "kept_result" (
    "tenant_id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "content" TEXT NOT NULL,

    CONSTRAINT "kept_result_pkey" PRIMARY KEY ("tenant_id","call_id")
);

-- AddForeignKey
ALTER TABLE "turn_attempt" ADD CONSTRAINT "turn_attempt_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "epoch" ADD CONSTRAINT "epoch_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "kept_result" ADD CONSTRAINT "kept_result_tenant_id_call_id_fkey" FOREIGN KEY ("tenant_id", "call_id") REFERENCES "call"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The chain of what is there: each row hashes the one before it, the first one its run.
WITH RECURSIVE link AS (
  SELECT "tenant_id", "run_id", "seq",
    encode(sha256(convert_to("run_id" || E'\n' || "role" || E'\n' || "content", 'UTF8')), 'hex') AS hash
  FROM "message" first
  WHERE "seq" = (SELECT min("seq") FROM "message"
                 WHERE "tenant_id" = first."tenant_id" AND "run_id" = first."run_id")
  UNION ALL
  SELECT later."tenant_id", later."run_id", later."seq",
    encode(sha256(convert_to(link.hash || E'\n' || later."role" || E'\n' || later."content", 'UTF8')), 'hex')
  FROM link JOIN "message" later ON later."tenant_id" = link."tenant_id"
    AND later."run_id" = link."run_id" AND later."seq" = link."seq" + 1
)
UPDATE "message" SET "chain_hash" = link.hash FROM link
WHERE "message"."tenant_id" = link."tenant_id" AND "message"."run_id" = link."run_id"
  AND "message"."seq" = link."seq";
ALTER TABLE "message" ALTER COLUMN "chain_hash" SET NOT NULL;

-- What was recorded of answers that are no turn: from now on every model call is.
INSERT INTO "turn_attempt" ("tenant_id", "run_id", "turn", "attempt", "purpose", "provider", "model",
  "outcome", "failure_code", "request_id", "input_tokens", "output_tokens", "cache_read_tokens",
  "cache_write_tokens", "cost_micros_usd", "estimated", "price_version", "started_at", "ended_at")
SELECT "tenant_id", "run_id", "turn",
  row_number() OVER (PARTITION BY "tenant_id", "run_id", "turn" ORDER BY "id"), 'turn', "provider",
  "model", 'failed', "code", "request_id", "input_tokens", "output_tokens", "cache_read_tokens",
  "cache_write_tokens", "cost_micros_usd", "cost_estimated", "price_version", "at", "at"
FROM "unused_answer";
UPDATE "run" SET "lost_attempts" = lost.attempts, "lost_cost_micros_usd" = lost.cost
FROM (SELECT "tenant_id", "run_id", count(*) AS attempts, coalesce(sum("cost_micros_usd"), 0) AS cost
      FROM "turn_attempt" GROUP BY 1, 2) AS lost
WHERE "run"."tenant_id" = lost."tenant_id" AND "run"."id" = lost."run_id";
DROP TABLE "unused_answer";

-- What the schema language cannot say: closed sets, and that what was said is never edited.
ALTER TABLE "turn_attempt"
  ADD CONSTRAINT "turn_attempt_purpose_closed" CHECK ("purpose" IN ('turn', 'compaction')),
  ADD CONSTRAINT "turn_attempt_outcome_closed"
    CHECK ("outcome" IN ('open', 'committed', 'lost', 'failed', 'superseded')),
  ADD CONSTRAINT "turn_attempt_open_or_ended" CHECK (("outcome" = 'open') = ("ended_at" IS NULL)),
  ADD CONSTRAINT "turn_attempt_failed_for_a_reason"
    CHECK (("outcome" = 'failed') = ("failure_code" IS NOT NULL));
ALTER TABLE "epoch"
  ADD CONSTRAINT "epoch_trigger_closed" CHECK ("trigger" IN ('budget', 'overflow'));
CREATE INDEX "turn_attempt_open" ON "turn_attempt" ("tenant_id", "run_id") WHERE "outcome" = 'open';

GRANT SELECT, INSERT, UPDATE ON "turn_attempt" TO belay_runtime;
GRANT SELECT, INSERT ON "epoch", "kept_result" TO belay_runtime;
REVOKE UPDATE, DELETE ON "message" FROM belay_runtime;
