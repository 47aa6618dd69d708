-- AlterTable
ALTER TABLE "run" ADD COLUMN "model_position" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "turn" ADD COLUMN "cache_write_tokens" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "cost_estimated" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "price_version" TEXT,
ADD COLUMN "provider" TEXT;

-- CreateTable
CREATE TABLE "unused_answer" (
    "tenant_id" TEXT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "turn" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "request_id" TEXT,
    "input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "cache_read_tokens" INTEGER NOT NULL,
    "cache_write_tokens" INTEGER NOT NULL,
    "cost_micros_usd" BIGINT,
    "cost_estimated" BOOLEAN NOT NULL,
    "price_version" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "unused_answer_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "unused_answer_tenant_id_run_id_idx" ON "unused_answer"("tenant_id", "run_id");

-- AddForeignKey
ALTER TABLE "unused_answer" ADD CONSTRAINT "unused_answer_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What was billed is written once.
GRANT SELECT, INSERT ON "unused_answer" TO belay_runtime;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA "public" TO belay_runtime;
